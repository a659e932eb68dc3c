#!/bin/sh
# Runs a command under a window manager, and ends that with it.
openbox &
manager=$!
"$@"
outcome=$?
kill "$manager"
exit "$outcome"
