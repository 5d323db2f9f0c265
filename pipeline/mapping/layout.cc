#include "pipeline/mapping/layout.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>

#include <cstring>

#include "pipeline/base/time.h"

namespace tidemark::mapping {
namespace {

using google::protobuf::io::CodedOutputStream;

// https://protobuf.dev/programming-guides/encoding/
enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr size_t kMostVarint = 10;
constexpr size_t kMostInstant = 2 + 2 * kMostVarint;  // two tags, two numbers

// Each puts something before `end` and returns where it begins.
char* VarintBefore(char* end, uint64_t n) {
  if (n < 0x80) [[likely]] {
    *--end = static_cast<char>(n);
    return end;
  }
  char* const begin = end - CodedOutputStream::VarintSize64(n);
  CodedOutputStream::WriteVarint64ToArray(n, reinterpret_cast<uint8_t*>(begin));
  return begin;
}
template <class T>
char* FixedBefore(char* end, T n) {
  for (size_t b = sizeof(T); b > 0; --b) *--end = static_cast<char>(n >> (8 * (b - 1)));
  return end;
}
char* TextBefore(char* end, std::string_view text) {
  end -= text.size();
  std::memcpy(end, text.data(), text.size());
  return VarintBefore(end, text.size());
}

// Seconds and nanoseconds, which count forward from the second; zeros are left out.
char* InstantBefore(char* end, int64_t micros) {
  char* const begin_after = end;
  const int64_t seconds = FloorDiv(micros, kMicrosPerSecond), nanos = (micros - seconds * kMicrosPerSecond) * 1'000;
  if (nanos != 0) {
    end = VarintBefore(end, static_cast<uint64_t>(nanos));
    *--end = 2 << 3 | kVarint;
  }
  if (seconds != 0) {
    end = VarintBefore(end, static_cast<uint64_t>(seconds));
    *--end = 1 << 3 | kVarint;
  }
  return VarintBefore(end, static_cast<uint64_t>(begin_after - end));
}

char* ValueBefore(char* end, uint32_t tag, const Encoded& value) {
  switch (value.kind) {
    case Encoded::Kind::kNone: return end;
    case Encoded::Kind::kVarint: return VarintBefore(VarintBefore(end, value.bits), tag | kVarint);
    case Encoded::Kind::kFixed64: return VarintBefore(FixedBefore(end, value.bits), tag | kFixed64);
    case Encoded::Kind::kFixed32: return VarintBefore(FixedBefore(end, static_cast<uint32_t>(value.bits)), tag | kFixed32);
    case Encoded::Kind::kText: return VarintBefore(TextBefore(end, value.text), tag | kBytes);
    case Encoded::Kind::kInstant: return VarintBefore(InstantBefore(end, value.micros), tag | kBytes);
  }
  return end;
}

}  // namespace

uint32_t EventLayout::Child(uint32_t of, int number) {
  for (const uint32_t part : nodes_[of].parts) {
    if (nodes_[part].tag == static_cast<uint32_t>(number) << 3 && nodes_[part].value == UINT32_MAX) return part;
  }
  const auto made = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({static_cast<uint32_t>(number) << 3, UINT32_MAX, false, {}, {}});
  most_ += 2 * kMostVarint;
  nodes_[of].parts.push_back(made);
  return made;
}

void EventLayout::AddPayload(int payload) { nodes_[Child(0, payload)].always = true; }

void EventLayout::AddWholePayload(int payload) {
  const auto leaf = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({static_cast<uint32_t>(payload) << 3, values_++, false, {}, {}});
  most_ += 2 * kMostVarint;
  nodes_[0].parts.push_back(leaf);
}

void EventLayout::Add(const Schema::ResolvedPath& path, int payload) {
  uint32_t at = path.in_envelope ? 0 : Child(0, payload);
  for (size_t f = 0; f + 1 < path.fields.size(); ++f) at = Child(at, path.fields[f]->number());
  const auto leaf = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({static_cast<uint32_t>(path.fields.back()->number()) << 3, values_++, false, path.map_key, {}});
  most_ += 2 * kMostVarint + kMostInstant + path.map_key.size() + 3 * kMostVarint;
  nodes_[at].parts.push_back(leaf);
}

char* EventLayout::WriteBefore(char* end, const Part& part, std::span<const Encoded> values) const {
  for (size_t p = part.parts.size(); p > 0; --p) {
    const Part& child = nodes_[part.parts[p - 1]];
    char* const after = end;
    if (child.value == UINT32_MAX) {
      end = WriteBefore(end, child, values);
      if (end == after && !child.always) continue;
    } else if (child.map_key.empty()) {
      end = ValueBefore(end, child.tag, values[child.value]);
      continue;
    } else {
      if (values[child.value].kind == Encoded::Kind::kNone) continue;
      end = ValueBefore(end, 2 << 3, values[child.value]);
      end = VarintBefore(TextBefore(end, child.map_key), 1 << 3 | kBytes);
    }
    end = VarintBefore(end, static_cast<uint64_t>(after - end));
    end = VarintBefore(end, child.tag | kBytes);
  }
  return end;
}

void PutIdPart(std::string_view part, std::string* id) {
  id->push_back('/');
  for (size_t end = 0; (end = part.find_first_of("/%")) != std::string_view::npos; part.remove_prefix(end + 1)) {
    id->append(part.substr(0, end)).append(part[end] == '/' ? "%2F" : "%25");
  }
  id->append(part);
}

void EventLayout::Write(std::span<const Encoded> values, std::string* room, std::string* out) const {
  size_t most = most_;
  for (const Encoded& value : values) most += value.text.size();
  if (room->size() < most) room->resize(most);
  char* const end = room->data() + room->size();
  const char* const begin = WriteBefore(end, nodes_[0], values);
  out->append(begin, static_cast<size_t>(end - begin));
}

}  // namespace tidemark::mapping
