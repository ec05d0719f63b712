#!/usr/bin/env bash
# The browser tests drive Debian's Chromium. Install it where it is missing and may be installed.
set -euo pipefail

if command -v chromium >/dev/null; then
  exit 0
fi
sudo=""
if [ "$(id -u)" -ne 0 ]; then
  sudo="sudo -n"
fi
if command -v apt-get >/dev/null && $sudo true 2>/dev/null; then
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq chromium fonts-dejavu-core
  exit 0
fi
echo "The browser tests need Chromium as 'chromium' on PATH, and it may not be installed from here." >&2
echo "Install it, or run the other tests alone: make test-python test-frontend" >&2
exit 1
