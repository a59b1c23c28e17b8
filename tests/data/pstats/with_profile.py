import profile
from pathlib import Path

profile.run(Path("workload.py").read_text(), "profile-3.13.0.pstats")
