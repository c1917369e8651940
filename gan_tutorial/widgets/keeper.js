// Saves the state of widgets with the notebook, of those alone that its outputs show.
const MIME = "application/vnd.jupyter.widget-state+json";

// The part of a state that a text names, and what this part names in turn: models are named by 32 digits
function named(text, state, found = {}) {
  for (const [id] of text.matchAll(/[0-9a-f]{32}/g)) {
    if (!(id in state) || id in found) continue;
    found[id] = state[id];
    named(JSON.stringify(state[id]), state, found);
  }
  return found;
}

function initialize({ model }) {
  const manager = model.widget_manager, notebook = manager.context;
  if (!notebook?.saveState) return; // this is not JupyterLab
  const keep = (_, event) => {
    if (event !== "started") return;
    const all = manager.get_state_sync({ drop_defaults: true }), outputs = JSON.stringify(notebook.model.toJSON().cells);
    notebook.model.setMetadata("widgets", { [MIME]: { ...all, state: named(outputs, all.state) } });
  };
  notebook.saveState.connect(keep);
  return () => notebook.saveState.disconnect(keep);
}

export default { initialize };
