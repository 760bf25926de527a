// SPDX-License-Identifier: BSL-1.0
//
// libc's second names, by which older libraries call.
#pragma once

#include "interpose/hook.hpp"

// Makes `other` a name for what WEFT_DEFINE has defined as `symbol`, in the same file.
#define WEFT_ALIAS(symbol, other)                                                                  \
    WEFT_EXPORTED decltype(weft_hook_##symbol) weft_hook_##other __asm__(#other)                   \
        __attribute__((alias(#symbol)));
