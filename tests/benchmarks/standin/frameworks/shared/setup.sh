# What the benchmark's own script defines, for a script that sources it: here they only say what they were asked for.
echo "environment for $1: $2 by $PY_EXEC_PATH"
PIP() { echo "pip $*"; }
PY() { echo "9.9.9"; }
