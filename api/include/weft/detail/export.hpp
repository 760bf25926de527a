// SPDX-License-Identifier: BSL-1.0
//
// What libweft.so shows to the outside: only what carries this mark.
#pragma once

#define WEFT_API __attribute__((visibility("default")))
