// SPDX-License-Identifier: BSL-1.0
//
// Queues between tasks of one loop: first in first out, last in first out, and smallest first. A
// limit on their size makes fast producers wait for slow consumers.
#pragma once

#include <weft/detail/basic_queue.hpp>
#include <weft/detail/fifo_storage.hpp>
#include <weft/detail/heap_storage.hpp>
#include <weft/detail/lifo_storage.hpp>
#include <weft/errors.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace weft {

// What all three can do is told in <weft/detail/basic_queue.hpp> and <weft/detail/queue_core.hpp>:
// put, get, try_put, try_get, size, maxsize, empty, full, task_done, join, shutdown, and range-for,
// which gets until the queue is shut down and empty:
//
//     weft::queue<request> requests(128);
//     auto worker = weft::spawn([&] {
//         for (request& r : requests) {
//             serve(r);
//             requests.task_done();
//         }
//     });
//
// T can be move-only; when its move throws, no item is lost. Fair: who has waited longest gets the
// next item, or place, and nobody overtakes. Waiting and waking allocate nothing; a queue that has
// once been as full as it gets allocates nothing any more. Belongs to one thread (wrong_loop
// elsewhere); must outlive who waits for it (the process aborts otherwise).

// First in, first out. asyncio.Queue.
template <class T>
class queue : public detail::basic_queue<T, detail::fifo_storage<T>> {
  public:
    // maxsize 0: no limit.
    explicit queue(std::size_t maxsize = 0)
        : detail::basic_queue<T, detail::fifo_storage<T>>(maxsize, maxsize) {}
};

// Last in, first out. asyncio.LifoQueue.
template <class T>
class lifo_queue : public detail::basic_queue<T, detail::lifo_storage<T>> {
  public:
    explicit lifo_queue(std::size_t maxsize = 0)
        : detail::basic_queue<T, detail::lifo_storage<T>>(maxsize) {}
};

// The smallest item first, equal ones in the order of their coming. asyncio.PriorityQueue;
// std::priority_queue has the greatest first.
template <class T, class Compare = std::less<T>>
class priority_queue : public detail::basic_queue<T, detail::heap_storage<T, Compare>> {
  public:
    explicit priority_queue(std::size_t maxsize = 0, Compare less = Compare())
        : detail::basic_queue<T, detail::heap_storage<T, Compare>>(maxsize, std::move(less)) {}
};

} // namespace weft
