#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
echo "$0 was given $*" | sed 's|.*/||'
exit 11
