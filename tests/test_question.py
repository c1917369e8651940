"""A question answers back, and only its first answer counts."""

from gan_tutorial.widgets import Question, Score

OPTIONS = [("red", "not red"), ("blue", "yes, blue"), ("green", "not green")]


def ask(score, text="Which?"):
    return Question(text, OPTIONS, 1, "<pre>the answer</pre>", score)


def test_a_wrong_choice_is_answered_and_reveals_nothing():
    score = Score()
    question = ask(score)
    question.buttons[0].click()
    assert "not red" in question.reply.value and question.revealed.value == ""
    question.buttons[1].click()
    assert "yes, blue" in question.reply.value and question.revealed.value == question.answer
    assert question.show.layout.display == "none"
    assert score.first == {"Which?": False} and "0 right at the first try, of 1 answered" in score.value


def test_the_first_choice_counts_also_when_the_cell_runs_again():
    score = Score()
    assert repr(score) == "Score: no question is answered yet" == score.value
    ask(score).buttons[1].click()
    ask(score).buttons[0].click()
    ask(score, "And now?").buttons[2].click()
    assert score.first == {"Which?": True, "And now?": False}
    assert repr(score) == "Score: 1 right at the first try, of 2 answered" == score.value


def test_to_be_shown_the_answer_is_no_point():
    score = Score()
    question = ask(score)
    question.show.click()
    question.buttons[1].click()
    assert question.revealed.value == question.answer and score.first == {"Which?": False}


def test_without_a_kernel_all_of_it_is_there_the_answer_folded():
    page = ask(Score())._repr_mimebundle_()["text/html"]
    seen, folded = page.split("<details>")
    assert "Which?" in seen and all(option in seen for option, _ in OPTIONS)
    assert not any(reply in seen for _, reply in OPTIONS) and "the answer" not in seen
    assert "the answer" in folded and all(reply in folded for _, reply in OPTIONS)
