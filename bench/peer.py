"""The peers' side of the benchmarks: one request a line, {"run"|"time"|"value": code}, one answer a line."""
import json
import sys
import time
import warnings

import numpy as np
import scipy
import scipy.linalg
import scipy.optimize
import scipy.sparse

warnings.simplefilter("ignore")
names = {"np": np, "scipy": scipy, "time": time}
compiled = {}

for line in sys.stdin:
    (kind, code), = json.loads(line).items()
    try:
        if kind == "run":
            exec(code, names)
            answer = {}
        elif kind == "value":
            answer = {"value": eval(code, names)}
        else:
            expression = compiled.get(code) or compiled.setdefault(code, compile(code, "<peer>", "eval"))
            begin = time.process_time()
            eval(expression, names)
            answer = {"seconds": time.process_time() - begin}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=float), flush=True)
