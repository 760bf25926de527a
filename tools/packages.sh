# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# The Debian packages that each job needs, and a function that installs those that are missing. To be sourced.

# One word a package; "a|b" means that b will do where it is installed already, and a is what gets installed.
build_packages=(
    g++ meson ninja-build 'pkg-config|pkgconf'
    'libboost-context-dev|libboost-context1.74-dev|libboost-context1.81-dev' libev-dev libfmt-dev
)
demo_packages=("${build_packages[@]}" libcli11-dev nlohmann-json3-dev)
test_packages=(
    "${demo_packages[@]}" libgtest-dev libgmock-dev valgrind gdb binutils libssl-dev openssl curl nginx-light
    # Libraries that block and their servers, which the tests start themselves.
    libpq-dev postgresql libhiredis-dev redis-server libmariadb-dev mariadb-server libcurl4-openssl-dev strace
    # A browser, for the page of weft-bench.
    chromium
    # Programs that run under weft-run, and an allocator that is preloaded.
    python3 'libpython3-testsuite|libpython3.11-testsuite' libjemalloc2 wget git redis-tools openssh-client postgresql-client perl
    'libboost-fiber-dev|libboost-fiber1.74-dev'
)
bench_packages=(
    "${demo_packages[@]}" 'libboost-fiber-dev|libboost-fiber1.74-dev' libst-dev golang-go python3
    python3-uvloop python3-gevent 'libboost-coroutine-dev|libboost-coroutine1.74-dev' libssl-dev
    openssl libpq-dev postgresql strace
)
check_packages=("${test_packages[@]}" git clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev)
export build_packages demo_packages test_packages bench_packages check_packages

# is_installed PACKAGE
is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
    local choices package
    for choices in "$@"; do
        for package in ${choices//|/ }; do
            is_installed "$package" && continue 2
        done
        echo "${choices%%|*}"
    done
}

# as_root COMMAND...: runs it as root, asking for a password only where somebody can type it. 126 when there is no way.
as_root() {
    if [[ $(id -u) == 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && { [[ -t 2 ]] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 126
    fi
}

# without_services COMMAND...: runs it, as root, such that packages which bring a server do not start it: the tests start
# their own, and nobody asked for another one. Where the machine has a policy for this, that one holds.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]] && as_root true; then
        trap 'as_root rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root "$@"
)

# install_packages PACKAGE...: installs what is missing. Where that needs rights that we lack, prints the line to type
# and returns 1. Does nothing, and needs nothing, when all is there; on other systems Meson says what it does not find.
install_packages() {
    command -v dpkg-query >/dev/null || return 0
    local missing log status=0 sudo=''
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    echo "Installing ${missing[*]} ..."
    log=$(mktemp)
    as_root apt-get update -qq </dev/null >"$log" 2>&1 || status=$?
    if ((status != 126)); then # the update may have failed for one source only: the install has the last word
        status=0
        without_services env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends \
            -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null >>"$log" 2>&1 || status=$?
    fi
    if ((status)); then
        [[ $(id -u) == 0 ]] || sudo='sudo '
        grep '^[EW]: ' "$log" || true
        echo "These packages are needed and could not be installed here. Type this, then try again:"
        echo "    ${sudo}apt-get update && ${sudo}apt-get install --yes ${missing[*]}"
    fi >&2
    rm -f "$log"
    return $((status != 0))
}
