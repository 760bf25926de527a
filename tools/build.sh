# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# Configuring and compiling without noise: what the tools say is shown when it goes wrong. To be sourced.

# quietly LOG COMMAND...: runs the command with its output in LOG, and shows the end of LOG if it fails.
quietly() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status)); then
        tail -n 60 "$log" >&2
        echo "failed: $*  (all of it: $log)" >&2
    fi
    return $status
}

# configure DIR OPTION...: makes the build folder, or brings one that was made before to these options.
configure() {
    local dir=$1 log=$1/configure.txt given
    shift
    given="${CC-} ${CXX-} $*"
    if [[ ! -f $dir/build.ninja ]]; then
        quietly "$log" meson setup "$dir" "$@" || return
    elif [[ $(cat "$dir/.configured" 2>/dev/null) != "$given" ]]; then
        quietly "$log" meson configure "$dir" "$@" || return
    else
        quietly "$log" ninja -C "$dir" build.ninja || return # again, if a meson.build has changed
    fi
    echo "$given" >"$dir/.configured"
}

# compile DIR TARGET...: with progress where somebody watches, quietly otherwise.
compile() {
    local dir=$1
    shift
    if [[ -t 1 ]]; then
        ninja -C "$dir" "$@"
    else
        quietly "$dir/meson-logs/compile.txt" ninja --quiet -C "$dir" "$@"
    fi
}
