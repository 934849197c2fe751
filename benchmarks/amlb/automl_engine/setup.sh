#!/usr/bin/env bash
# setup.sh [VERSION] [REPOSITORY]: make the environment `venv` beside this file and install the engine into it, from
# the checkout that this file is in or, where a repository is named, from its branch or tag VERSION.
set -e

HERE="$(cd "$(dirname "$0")" && pwd -P)"
VERSION=${1:-local}
REPOSITORY=$2

. "$HERE/.setup/setup_env"
. "$AMLB_ROOT/frameworks/shared/setup.sh" "$HERE" true

PIP install --no-cache-dir -r "$HERE/requirements.txt"
if [[ -n "$REPOSITORY" ]]; then
    PIP install --no-cache-dir -U "automl-engine[all] @ git+$REPOSITORY@$VERSION"
else
    PIP install --no-cache-dir -U "$(cd "$HERE/../../.." && pwd -P)[all]"
fi

PY -c "from automl.version import VERSION; print(VERSION)" >> "$HERE/.setup/installed"
