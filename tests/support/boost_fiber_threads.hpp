// SPDX-License-Identifier: BSL-1.0
//
// Boost.Fiber keeps its scheduler as long as the thread lives, so each test gets a thread.
#pragma once

#include <weft/boost_fiber.hpp>

#include <boost/fiber/all.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <thread>
#include <utility>

namespace weft::test {

// Runs `body` as the main fiber of a new thread whose scheduling algorithm is `Algorithm`, and
// waits for the thread's end, and so for all its fibers.
template <class Algorithm, class Body, class... Options>
void on_a_thread_with(Body body, Options... options) {
    std::thread thread([&] {
        boost::fibers::use_scheduling_algorithm<Algorithm>(options...);
        try {
            body();
        } catch (const std::exception& e) {
            ADD_FAILURE() << e.what();
        }
    });
    thread.join();
}

template <class Body>
void on_boost_fibers(Body body, run_options options = {}) {
    on_a_thread_with<boost_fiber_algorithm>(std::move(body), options);
}

} // namespace weft::test
