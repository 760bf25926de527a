// SPDX-License-Identifier: BSL-1.0
//
// All of weft.
#pragma once

#include <weft/as_completed.hpp>
#include <weft/barrier.hpp>
#include <weft/cancel_blocker.hpp>
#include <weft/clock.hpp>
#include <weft/condition_variable.hpp>
#include <weft/connect.hpp>
#include <weft/context_var.hpp>
#include <weft/datagram_socket.hpp>
#include <weft/endpoint.hpp>
#include <weft/errors.hpp>
#include <weft/event.hpp>
#include <weft/exception_context.hpp>
#include <weft/file.hpp>
#include <weft/future.hpp>
#include <weft/gather.hpp>
#include <weft/generator.hpp>
#include <weft/handle.hpp>
#include <weft/latch.hpp>
#include <weft/listener.hpp>
#include <weft/loop.hpp>
#include <weft/metrics.hpp>
#include <weft/mutex.hpp>
#include <weft/outcome.hpp>
#include <weft/process.hpp>
#include <weft/queue.hpp>
#include <weft/resolve.hpp>
#include <weft/run.hpp>
#include <weft/runner.hpp>
#include <weft/semaphore.hpp>
#include <weft/server.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/shield.hpp>
#include <weft/sleep.hpp>
#include <weft/stream.hpp>
#include <weft/task.hpp>
#include <weft/task_group.hpp>
#include <weft/thread_pool.hpp>
#include <weft/timeout.hpp>
#include <weft/tls.hpp>
#include <weft/wait.hpp>
#include <weft/wait_for.hpp>
#include <weft/wait_signal.hpp>
#include <weft/work_guard.hpp>
