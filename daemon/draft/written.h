// A draft as it stands, and how it is written.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/draft/guess.h"
#include "daemon/draft/recognise.h"

namespace tidemark::draft {

inline constexpr std::string_view kKey = "KEY";  // of Kind::ids: the table's own
inline constexpr size_t kMostTypes = 40;

struct Type {
  std::vector<std::string> words;   // by Drafter::types_; "": has none
  int64_t count = 0;
  SeenPaths seen;
  std::map<std::string, SeenPaths> lists;  // arrays of objects
  // Its words can't be written in a condition, nor in a comment.
  bool odd() const {
    return std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word.size() > 100 || std::any_of(word.begin(), word.end(), [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    });
  }
};

struct Rule {
  std::string event, when, comment;
  std::string each;
  std::vector<std::string> id;
  std::string time;
  std::vector<FieldGuess> fields;
};

struct Drafted {
  std::string name;
  size_t records = 0, unreadable = 0, others = 0;  // others: look different from the rest
  bool array = false, connect = false, local = false;
  Kind kind;
  SeenPaths all;
  std::vector<std::string> types;      // paths that tell them apart
  std::vector<Type> sorted;
  std::vector<const Type*> unguessed;  // of sorted
  std::vector<std::string> id;
  std::string time, version;
  std::vector<Rule> rules;
};

std::string Join(const std::vector<std::string>& parts, const char* between);
std::string ConditionOf(const Drafted& draft, const Type& type);
// The whole configuration.
std::string TextOf(const Drafted& draft);

}  // namespace tidemark::draft
