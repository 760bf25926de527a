// SPDX-License-Identifier: BSL-1.0
//
// A pipeline: each stage is a task, a queue between each two. A slow stage holds back those before
// it, because the queues are short; the end of the source travels through as a shutdown; a stage
// that fails takes the whole pipeline down through the group.
//
//     12_pipeline
#include <weft/weft.hpp>

#include <cctype>
#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

void read_words(weft::queue<std::string>& out) {
    for (const char* word : {"warp", "weft", "heddle", "shuttle"}) {
        out.put(word);
    }
    out.shutdown();
}

void shout(weft::queue<std::string>& in, weft::queue<std::string>& out) {
    for (std::string word : in) {
        for (char& letter : word) {
            letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
        }
        weft::sleep_for(100ms); // the slow stage
        out.put(word);
    }
    out.shutdown();
}

void print(weft::queue<std::string>& in) {
    for (const std::string& word : in) {
        std::cout << word << "\n";
    }
}

} // namespace

int main() {
    weft::run({.virtual_time = true}, [] {
        weft::queue<std::string> words(2);
        weft::queue<std::string> shouts(2);
        weft::with_task_group([&](weft::task_group& stages) {
            stages.spawn([&] { read_words(words); });
            stages.spawn([&] { shout(words, shouts); });
            stages.spawn([&] { print(shouts); });
        });
        std::cout << "done\n";
    });
}
