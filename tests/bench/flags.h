// The flags of the benchmark's tools: --name=text and --name=number.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tidemark {

struct Flags {
  std::map<std::string, std::string> texts;
  std::map<std::string, int64_t> numbers;

  // Overwrites what is there by default. False for anything else, and for negative numbers.
  bool Parse(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view argument = argv[i];
      const size_t equals = argument.find('=');
      if (!argument.starts_with("--") || equals == std::string_view::npos) return false;
      const std::string name(argument.substr(2, equals - 2)), value(argument.substr(equals + 1));
      if (const auto text = texts.find(name); text != texts.end()) {
        text->second = value;
      } else if (const auto number = numbers.find(name); number != numbers.end()) {
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number->second);
        if (error != std::errc() || end != value.data() + value.size() || number->second < 0) return false;
      } else {
        return false;
      }
    }
    return true;
  }
};

}  // namespace tidemark
