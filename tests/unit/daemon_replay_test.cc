#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/event_files.h"
#include "daemon/replay_output.h"
#include "daemon/replay_source.h"
#include "tests/unit/daemon_fake_view.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

class FilesTest : public testing::Test {
 protected:
  FilesTest() : dir_(testing::TempDir() + "daemon_replay." + std::to_string(getpid())) {
    std::filesystem::create_directories(dir_);
  }
  ~FilesTest() override { std::filesystem::remove_all(dir_); }
  std::string Write(const std::string& name, const std::string& bytes) {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
    return dir_ + "/" + name;
  }
  Status Read(const std::string& file) {
    return ReadEventFile(
        file, Schema::Canonical(),
        [this](std::string_view event) {
          events_.emplace_back(event);
          return Status::Ok();
        },
        [](uint64_t) {});
  }
  const std::string dir_;
  std::vector<std::string> events_;
};

// Envelope with id (1) and time (4: seconds in field 1), as protobuf writes it; both short.
std::string Event(char id, int seconds) {
  return std::string("\x0a\x01") + id + "\x22\x02\x08" + static_cast<char>(seconds);
}

TEST_F(FilesTest, JsonLinesBecomeProtobufAndEmptyLinesAreSkipped) {
  const std::string file =
      Write("a.jsonl",
            "{\"id\":\"a\",\"time\":\"1970-01-01T00:00:05Z\"}\n\n{\"id\":\"b\",\"time\":\"1970-01-01T00:00:06Z\"}");
  ASSERT_TRUE(Read(file).ok());
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0], Event('a', 5));
  EXPECT_EQ(events_[1], Event('b', 6));
}

TEST_F(FilesTest, ANameInJsonIsThatOfTheFieldInEitherSpellingAndMayHaveEscapes) {
  for (const char* field : {"leadCreated", "lead_created", "\\u006ceadCreated", "lead\\u0043reated"}) {
    events_.clear();
    const std::string line = std::string("{\"") + field + "\":{\"lead\":{\"id\":\"x\",\"channel\":\"web\"}}}";
    const Status status = Read(Write("name.jsonl", line));
    ASSERT_TRUE(status.ok()) << status.text();
    events::v1::Event event;
    ASSERT_TRUE(events_.size() == 1 && event.ParseFromString(events_[0]));
    EXPECT_EQ(event.lead_created().lead().channel(), "web") << field;
  }
  EXPECT_EQ(Read(Write("name.jsonl", R"({"\u006ceadCreate":{}})")).code(), Code::kCorrupt);
  EXPECT_EQ(Read(Write("name.jsonl", R"({"id":"leadCreated","leadcreated":{}})")).code(), Code::kCorrupt);
}

TEST_F(FilesTest, DelimitedMessagesAreReadAsTheyAre) {
  const std::string event = Event('a', 5);
  const std::string file = Write("a.pb", static_cast<char>(event.size()) + event + std::string(1, '\0'));
  ASSERT_TRUE(Read(file).ok());
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0], event);
  EXPECT_EQ(events_[1], "");
}

TEST_F(FilesTest, MistakesNameFileAndPlace) {
  const struct {
    const char* name;
    std::string bytes;
    const char* place;
  } kRows[] = {{"no-json.jsonl", "{}\nnot json\n", "no-json.jsonl:2: "},
               {"unknown-field.jsonl", "{\"idd\":\"a\"}\n", "unknown-field.jsonl:1: "},
               {"cut.pb", std::string("\x01x\x05", 3) + "ab", "cut.pb: message 2 at byte 2: "},
               {"no-length.pb", std::string(12, '\xff'), "no-length.pb: message 1 at byte 0: "},
               {"huge.pb", "\xff\xff\xff\xff\x7f", "huge.pb: message 1 at byte 0: "},
               {"long.jsonl", "{}\n" + std::string(kMaxEventBytes + 1, '{') + "\n", "long.jsonl:2: line of more than "}};
  for (const auto& row : kRows) {
    const Status status = Read(Write(row.name, row.bytes));
    EXPECT_EQ(status.code(), Code::kCorrupt) << row.name;
    EXPECT_NE(status.text().find(row.place), std::string::npos) << row.name << ": " << status.text();
  }
}

TEST_F(FilesTest, ADirectoryIsItsEventFilesByName) {
  Write("b.pb", "");
  Write("a.jsonl", "");
  Write("notes.txt", "");
  const auto files = EventFiles(dir_);
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(*files, (std::vector<std::string>{dir_ + "/a.jsonl", dir_ + "/b.pb"}));
  EXPECT_EQ(EventFiles(dir_ + "/none").status().code(), Code::kNotFound);
  EXPECT_EQ(*EventFiles(dir_ + "/a.jsonl"), std::vector<std::string>{dir_ + "/a.jsonl"});
  std::filesystem::create_directories(dir_ + "/x");
  EXPECT_EQ(EventFiles(dir_ + "/x").status().code(), Code::kNotFound) << "nothing in it";
  EXPECT_EQ(Read(dir_ + "/none.pb").code(), Code::kNotFound);
  EXPECT_EQ(EventFiles(dir_ + "/notes.txt").status().code(), Code::kInvalid);
}

TEST_F(FilesTest, AStreamThatCannotBeReadIsSaid) {
  for (const char* name : {"a", "a.pb"}) {
    std::istringstream in("{}\n");
    in.setstate(std::ios::badbit);
    const auto ignore = [](std::string_view) { return Status::Ok(); };
    EXPECT_EQ(ReadEvents(name, &in, Schema::Canonical(), ignore, [](uint64_t) {}).code(), Code::kUnavailable) << name;
  }
}

TEST_F(FilesTest, HowFarItIsReadIsSaid) {
  const std::string padding(400'000, ' ');
  std::string lines, messages;
  for (int i = 0; i < 7; ++i) lines += "{\"id\":\"" + padding + "\"}\n";
  for (int i = 0; i < 7; ++i) messages += std::string("\x84\xb5\x18\x0a\x80\xb5\x18", 7) + padding;
  for (const std::string& file : {Write("long.jsonl", lines), Write("long.pb", messages)}) {
    std::vector<uint64_t> said;
    const Status status = ReadEventFile(file, Schema::Canonical(), [](std::string_view) { return Status::Ok(); }, [&](uint64_t read) { said.push_back(read); });
    ASSERT_TRUE(status.ok()) << status.text();
    EXPECT_EQ(said.size(), 3u) << "each MiB, and the end";
    EXPECT_EQ(said.back(), std::filesystem::file_size(file));
  }
}

std::string Ids(const RecordBatch& batch) {
  std::string ids;
  for (const RecordView& record : batch.records()) ids += record.value.size() > 2 ? record.value[2] : '?';
  return ids;
}

TEST(ReplaySource, ReleasesInEventTimeOrderUpToTheInstant) {
  const auto decoder = ProtoDecoder::Make(Schema::Canonical(), {});
  ASSERT_TRUE(decoder.ok());
  ReplaySource source("events", decoder->get());
  for (const auto& [id, seconds] : {std::pair{'c', 30}, std::pair{'a', 10}, std::pair{'b', 10}, std::pair{'d', 40}}) {
    source.Add(Event(id, seconds));
  }
  source.Add("\x0a\x01x");  // no time: first
  source.Seal();
  EXPECT_EQ(source.end(), EventTimeFromMicros(40 * kMicrosPerSecond));
  ASSERT_EQ(source.Poll().assigned.size(), 1u);
  EXPECT_TRUE(source.Poll().assigned.empty()) << "announced once";
  const StartAt start{PartitionId{0}, {"events", 0}};
  ASSERT_TRUE(source.Assign({&start, 1}).ok());
  EXPECT_FALSE(source.ready(PartitionId{0}));
  source.Release(EventTimeFromMicros(30 * kMicrosPerSecond));
  EXPECT_EQ(Ids(*source.Take(PartitionId{0}, 3)), "xab");
  EXPECT_FALSE(source.drained());
  EXPECT_EQ(Ids(*source.Take(PartitionId{0}, 3)), "c");
  EXPECT_TRUE(source.drained());
  EXPECT_FALSE(source.exhausted());
  source.Release(EventTimeFromMicros(1));  // never back
  EXPECT_EQ(source.status(PartitionId{0}).position, Offset{4});
  source.ReleaseAll();
  const auto last = source.Take(PartitionId{0}, 9);
  EXPECT_EQ(Ids(*last), "d");
  EXPECT_EQ(last->records()[0].offset, Offset{4});
  EXPECT_TRUE(source.exhausted());
}

TEST(ReplayOutput, JsonIsOneObjectALineWithExactStrings) {
  std::ostringstream out;
  PrintJsonLines(*SampleView(), EventTimeFromMicros(0), &out);
  const std::string text = out.str();
  EXPECT_NE(text.find("{\"kpi\":\"revenue\",\"labels\":{},\"window\":\"24h\",\"t\":\"1970-01-01T00:00:00Z\","
                      "\"value\":\"2030270.94\"}\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"window\":\"7d\",\"t\":\"1970-01-01T00:00:00Z\",\"value\":null}\n"), std::string::npos);
}

TEST(ReplayOutput, TheTableIsAlignedAndShowsAbsentAsADash) {
  FakeView view;
  const KpiId id = view.AddKpi(
      {.name = "k", .family = "", .help = "Help.", .unit = "usd", .labels = {"channel"}, .windows = {"24h", "7d"}});
  view.AddSeries(id, {"web"}, {Exactly(5), Exactly(1234)});
  view.AddSeries(id, {"a\x1b[2J"}, {Value(), Exactly(7)});
  std::ostringstream out;
  PrintTable(view, EventTimeFromMicros(0), &out);
  EXPECT_EQ(out.str(),
            "at 1970-01-01T00:00:00Z\n"
            "\n"
            "k (usd): Help.\n"
            "  channel  24h    7d\n"
            "  web        5  1234\n"
            "  a?[2J      -     7\n");
}

}  // namespace
}  // namespace tidemark
