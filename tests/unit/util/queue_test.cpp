// SPDX-License-Identifier: Apache-2.0
#include "util/queue.hpp"

#include "util/guarded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using saoluu::util::BoundedQueue;
using saoluu::util::Guarded;

TEST_CASE("items come out in their order, and can be such as can't be copied") {
    BoundedQueue<std::unique_ptr<int>> queue(10);
    for (int i = 0; i < 5; ++i)
        CHECK(queue.push(std::make_unique<int>(i)));
    for (int i = 0; i < 5; ++i)
        CHECK(**queue.pop() == i);
}

TEST_CASE("a full queue makes its pushers wait until there is room") {
    BoundedQueue<int> queue(100);
    std::atomic<int> pushed = 0;
    std::jthread pusher([&] {
        for (int i = 0; i < 20; ++i) {
            queue.push(i, 40);
            ++pushed;
        }
        queue.close();
    });
    int expected = 0;
    int most_ahead = 0;
    while (const auto item = queue.pop()) {
        CHECK(*item == expected++);
        most_ahead = std::max(most_ahead, pushed.load() - expected);
    }
    CHECK(expected == 20);
    CHECK(most_ahead <= 2); // two of 40 fit into 100
}

TEST_CASE("an item heavier than the capacity passes alone") {
    BoundedQueue<int> queue(10);
    CHECK(queue.push(1, 1'000));
    std::jthread pusher([&] { queue.push(2, 1); });
    CHECK(*queue.pop() == 1);
    CHECK(*queue.pop() == 2);
}

TEST_CASE("a closed queue hands out the rest and takes nothing more") {
    BoundedQueue<int> queue(10);
    CHECK(queue.push(1));
    CHECK(queue.push(2));
    queue.close();
    CHECK_FALSE(queue.push(3));
    CHECK(*queue.pop() == 1);
    CHECK(*queue.pop() == 2);
    CHECK_FALSE(queue.pop());
    CHECK_FALSE(queue.pop());
}

TEST_CASE("closing wakes those that wait for items and those that wait for room") {
    BoundedQueue<int> empty(1);
    BoundedQueue<int> full(1);
    CHECK(full.push(1));
    std::atomic<int> woken = 0;
    {
        std::vector<std::jthread> waiting;
        for (int i = 0; i < 3; ++i) {
            waiting.emplace_back([&] { woken += empty.pop() ? 0 : 1; });
            waiting.emplace_back([&] { woken += empty.pop(5) ? 0 : 1; });
            waiting.emplace_back([&] { woken += full.push(2) ? 0 : 1; });
        }
        empty.close();
        full.close();
    }
    CHECK(woken == 9);
    CHECK(*full.pop() == 1);
    CHECK_FALSE(full.pop());
}

TEST_CASE("aborting drops what is inside") {
    const auto item = std::make_shared<int>(1);
    BoundedQueue<std::shared_ptr<int>> queue(10);
    CHECK(queue.push(item));
    CHECK(queue.push(item));
    queue.abort();
    CHECK(item.use_count() == 1);
    CHECK_FALSE(queue.pop());
    CHECK_FALSE(queue.push(item));
    CHECK(item.use_count() == 1);
    queue.abort();
}

TEST_CASE("a helper with a threshold waits for work for two, and helps at the end") {
    BoundedQueue<int> queue(100);
    std::atomic<int> helped = 0;
    std::jthread helper([&] {
        while (queue.pop(30))
            ++helped;
    });
    CHECK(queue.push(1, 10));
    CHECK(queue.push(2, 10));
    CHECK(*queue.pop() == 1); // 20 inside: nothing for the helper
    CHECK(helped == 0);
    CHECK(queue.push(3, 10));
    CHECK(queue.push(4, 10)); // 30 inside
    while (helped == 0)
        std::this_thread::yield();
    queue.close(); // what is left is anybody's
    int rest = 0;
    while (queue.pop())
        ++rest;
    helper.join();
    CHECK(helped + rest == 3);
}

TEST_CASE("many pushers and poppers lose nothing and double nothing") {
    constexpr int kThreads = 4;
    constexpr int kEach = 3'000;
    BoundedQueue<int> queue(16);
    Guarded<std::vector<int>> seen;
    {
        std::vector<std::jthread> poppers;
        for (int t = 0; t < kThreads; ++t)
            poppers.emplace_back([&, t] {
                std::vector<int> mine;
                while (const auto item = queue.pop(t == 0 ? 4 : 0))
                    mine.push_back(*item);
                seen.with([&](auto& all) { all.insert(all.end(), mine.begin(), mine.end()); });
            });
        std::vector<std::jthread> pushers;
        for (int t = 0; t < kThreads; ++t)
            pushers.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i)
                    queue.push(t * kEach + i, static_cast<std::size_t>(i % 5 + 1));
            });
        pushers.clear();
        queue.close();
    }
    std::vector<int> all = seen.with([](auto& value) { return value; });
    std::sort(all.begin(), all.end());
    std::vector<int> expected(kThreads * kEach);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(all == expected);
}

TEST_CASE("an abort in the middle of work ends everyone") {
    for (int round = 0; round < 50; ++round) {
        BoundedQueue<int> queue(4);
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                while (queue.push(1)) {
                }
            });
            threads.emplace_back([&] {
                while (queue.pop()) {
                }
            });
        }
        queue.abort();
        threads.clear(); // would wait for ever if one still waited
        CHECK_FALSE(queue.pop());
    }
}

TEST_CASE("a guarded value is reached by one thread at a time") {
    Guarded<int> count(5);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 1'000; ++i)
                    count.with([](int& value) { ++value; });
            });
    }
    CHECK(count.with([](const int& value) { return value; }) == 4'005);
}
