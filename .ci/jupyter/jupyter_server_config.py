"""What `make lab` changes in JupyterLab, on top of the user's own settings.

So does labconfig/: no news and updates from the network, and the kernel's state stands once, in the notebook's
toolbar. JupyterLab would show it in the status bar too, and fetch another icon for the browser's tab each time that
the kernel begins or ends something, which a slider makes it do twenty times a second.
"""

import os

import zmq

os.environ.setdefault("JUPYTER_WIDGETS_ECHO", "0")  # kernels send no slider's place back to the page it came from

c.ServerApp.port_retries = 0  # the address was printed with this port, this path, this token and http
c.ServerApp.base_url = "/"
c.ServerApp.certfile = ""
c.ServerApp.keyfile = ""
c.IdentityProvider.token = os.environ["JUPYTER_TOKEN"]
c.ServerApp.answer_yes = True  # one Ctrl-C is enough
c.ServerApp.allow_root = True  # in a container the learner is root
c.Application.log_level = "ERROR"  # so that the address stands out
if zmq.has("curve"):  # else every kernel warns the learner of eavesdroppers
    c.KernelManager.transport_encryption = "auto"

# Small answers of a widget leave at once instead of waiting 40 ms for more (Nagle's algorithm).
# Everything works without it, so a Jupyter that changed inside only loses the speed.
try:
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    opened = KernelWebsocketHandler.open

    async def open_without_delay(self, *args, **kwargs):
        self.set_nodelay(True)
        return await opened(self, *args, **kwargs)

    KernelWebsocketHandler.open = open_without_delay
except (ImportError, AttributeError):
    pass
