#include "daemon/sorted_events.h"

#include <algorithm>
#include <filesystem>

#include "pipeline/store/bytes.h"

namespace tidemark {
namespace {

constexpr size_t kMaxRuns = 512;       // all are open while they are merged
constexpr size_t kEntryBytes = 64;     // beside the event's own
constexpr size_t kHeadBytes = 12;      // time, length

}  // namespace

SortedEvents::~SortedEvents() {
  std::error_code ignored;
  if (!runs_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Status SortedEvents::Add(EventTime time, std::string_view event) {
  entries_.push_back({time, std::string(event)});
  bytes_ += event.size() + kEntryBytes;
  return bytes_ < memory_bytes_ ? Status::Ok() : Spill();
}

void SortedEvents::Sort() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.time < b.time; });
}

Status SortedEvents::Spill() {
  if (runs_.size() == kMaxRuns) return Unavailable("more events than can be sorted with this memory; raise limits.memory");
  std::error_code error;
  if (runs_.empty()) {
    std::filesystem::remove_all(directory_, error);  // of one that was killed
    std::filesystem::create_directories(directory_, error);
  }
  Sort();
  const std::string path = PathOf(runs_.size());
  runs_.emplace_back();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const Entry& entry : entries_) {
    std::string head;
    PutBigEndian(&head, static_cast<uint64_t>(Micros(entry.time)), 8);
    PutBigEndian(&head, entry.bytes.size(), 4);
    file << head << entry.bytes;
  }
  file.close();
  entries_.clear();
  bytes_ = 0;
  return file ? Status::Ok() : Unavailable(path + ": cannot be written");
}

Status SortedEvents::Seal() {
  if (runs_.empty()) {
    Sort();
    return Status::Ok();
  }
  if (!entries_.empty()) TM_RETURN_IF_ERROR(Spill());
  for (size_t run = 0; run < runs_.size(); ++run) {
    runs_[run].file.open(PathOf(run), std::ios::binary);
    TM_RETURN_IF_ERROR(Advance(run));
  }
  return Status::Ok();
}

Status SortedEvents::Advance(size_t run) {
  auto& [file, next] = runs_[run];
  std::string head(kHeadBytes, '\0');
  if (file.peek() == std::ifstream::traits_type::eof() && !file.bad()) return Status::Ok();
  file.read(head.data(), kHeadBytes);
  ByteReader reader(head);
  next.time = EventTimeFromMicros(static_cast<int64_t>(reader.BigEndian(8)));
  next.bytes.resize(reader.BigEndian(4));
  file.read(next.bytes.data(), static_cast<std::streamsize>(next.bytes.size()));
  if (!file) return Unavailable(PathOf(run) + ": cannot be read");
  heads_.push({next.time, run});
  return Status::Ok();
}

Result<bool> SortedEvents::Next(std::string* event) {
  if (runs_.empty()) {
    if (taken_ == entries_.size()) return false;
    *event = std::move(entries_[taken_++].bytes);
    return true;
  }
  if (heads_.empty()) return false;
  const size_t run = heads_.top().run;
  heads_.pop();
  *event = std::move(runs_[run].next.bytes);
  TM_RETURN_IF_ERROR(Advance(run));
  return true;
}

}  // namespace tidemark
