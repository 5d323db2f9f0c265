// An event's bytes: which fields a rule fills, as the tree of messages that they are in. Internal to this room.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/mapping/target.h"

namespace tidemark::mapping {

// Behind a "/", which no two lists of parts read the same with.
void PutIdPart(std::string_view part, std::string* id);

class EventLayout {
 public:
  EventLayout() : nodes_(1) {}
  // The next field, at the end of `path`; of a payload below field number `payload`.
  void Add(const Schema::ResolvedPath& path, int payload);
  // The payload itself, so that an event without any of its fields still says what it is.
  void AddPayload(int payload);
  // The next field is the payload, as it is.
  void AddWholePayload(int payload);
  // Appends the message; values are by the order of Add(), those of kNone are left out. `room` is the caller's, for it to work in.
  void Write(std::span<const Encoded> values, std::string* room, std::string* out) const;

 private:
  struct Part {
    uint32_t tag = 0;                 // of the field, as if its wire type were 0; 0: the event itself
    uint32_t value = UINT32_MAX;      // of a leaf
    bool always = false;              // also when nothing is in it
    std::string map_key;
    std::vector<uint32_t> parts;
  };
  uint32_t Child(uint32_t of, int number);
  // What is in a part, to end at `end`; returns where it begins. From the back, so that a length is known where it is written.
  char* WriteBefore(char* end, const Part& part, std::span<const Encoded> values) const;
  std::vector<Part> nodes_;
  uint32_t values_ = 0;
  size_t most_ = 0;                   // bytes of all that isn't text of values
};

}  // namespace tidemark::mapping
