"""The text that stands in every step's command: it finds the code bundle and starts the runtime.

Every byte of a command is stored about five times in the workflow object of a run, which may not
pass 1 MiB, so this text stays near 1 KB and everything else comes in the bundle. KFP rewrites `$`
and double braces in commands and breaks on letters outside Latin-1, so it holds none of them.
It runs on Python 3.9 and newer with the standard library alone.

The code is a zip at a path, or the text of one (`data:...`) together with the zips that further
arguments name: parts that steps take as artifacts.
"""

BOOTSTRAP = """\
import os, sys
code = os.environ.get("KFP_STEP_CODE") or sys.argv[1]
if code.startswith("data:"):
    import base64, bz2, io, tempfile, zipfile
    parts = [io.BytesIO(bz2.decompress(base64.b64decode(code[5:]))), *sys.argv[5:]]
    code = tempfile.mkdtemp()
    for each in parts:
        zipfile.ZipFile(each).extractall(code)
if not os.path.exists(code):
    message = "The code of this step is not at " + code + "."
    remedy = "Apply, or copy there, what was written beside the pipeline; or run it again."
    import json
    place = os.environ.get("KFP_TERMINATION_LOG") or "/dev/termination-log"
    try:
        with open(place, "w") as file:
            json.dump(dict(v=1, error=dict(name="storage-failed", message=message,
                                           remedy=remedy)), file)
    except OSError:
        pass
    sys.exit(message + " " + remedy)
sys.path[:0] = filter(None, (os.environ.get("KFP_STEP_CACHE"), code))
import kfp_step
sys.exit(kfp_step.main(sys.argv[1:]))
"""
