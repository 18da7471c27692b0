def check(q): pass
def execute(q, d): return [], []
