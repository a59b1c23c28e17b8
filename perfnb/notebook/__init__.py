"""IPython: magics, the cell runner, ``In [n]`` names, display."""
