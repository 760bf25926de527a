// SPDX-License-Identifier: BSL-1.0
//
// All of weft.
#pragma once

#include <weft/cancel_blocker.hpp>
#include <weft/clock.hpp>
#include <weft/connect.hpp>
#include <weft/endpoint.hpp>
#include <weft/errors.hpp>
#include <weft/future.hpp>
#include <weft/gather.hpp>
#include <weft/listener.hpp>
#include <weft/run.hpp>
#include <weft/sleep.hpp>
#include <weft/stream.hpp>
#include <weft/task.hpp>
#include <weft/timeout.hpp>
