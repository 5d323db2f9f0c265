// tidemark dlq: what is among the dead letters, and sending it again.
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "daemon/clock.h"
#include "daemon/commands.h"
#include "daemon/dlq_letters.h"
#include "daemon/dlq_trial.h"
#include "daemon/exit_code.h"
#include "daemon/json_writer.h"
#include "daemon/progress_line.h"
#include "pipeline/kafka/client_config.h"
#include "pipeline/kafka/producer.h"

namespace tidemark {
namespace {

constexpr size_t kBatchLetters = 1000;
constexpr size_t kBatchBytes = 16 << 20;
constexpr size_t kMarkRanges = 4000;            // of one mark, some 60 KiB
constexpr size_t kMostWhys = 1000, kShownWhys = 20;
constexpr auto kFlushWithin = std::chrono::seconds(60);
constexpr uint64_t kRoomForHeaders = 64 << 10;

// What somebody wrote into a topic, for a terminal.
std::string Printable(std::string_view text) {
  constexpr size_t kMost = 200;
  std::string out(text.substr(0, kMost));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

bool Chosen(const LetterChoice& choice, const Letter& letter) {
  const auto fits = [](const std::string& wanted, std::string_view is) { return wanted.empty() || wanted == is; };
  return fits(choice.source, letter.source) && fits(choice.topic, letter.record.topic) && fits(choice.reason, letter.reason) && (!choice.since || letter.written >= *choice.since);
}

// How often each of a number of reasons was met; beyond a thousand different ones the rest is one.
class Whys {
 public:
  void Add(const Letter& letter, std::string_view why) {
    std::string text = Printable(letter.record.topic) + ": " + Printable(why);
    if (counts_.size() >= kMostWhys && !counts_.contains(text)) text = "other reasons";
    ++counts_[std::move(text)];
  }
  std::vector<std::pair<int64_t, std::string>> Most() const {
    std::vector<std::pair<int64_t, std::string>> most;
    for (const auto& [why, n] : counts_) most.emplace_back(-n, why);
    std::sort(most.begin(), most.end());
    if (most.size() > kShownWhys) most.resize(kShownWhys);
    for (auto& [n, why] : most) n = -n;
    return most;
  }
  void Print() const {
    for (const auto& [n, why] : Most()) std::cout << "  " << n << " " << why << "\n";
  }

 private:
  std::map<std::string, int64_t> counts_;
};

// The configuration, if it has a topic of dead letters; else says so.
std::shared_ptr<const Plan> Load(const std::string& config_file, Specs* specs, int* exit_code) {
  *exit_code = kExitConfig;
  std::shared_ptr<const Plan> plan = LoadPlan(config_file, specs, [](Specs*) {});
  if (plan == nullptr || !specs->dead_letters.topic.empty()) return plan;
  std::cerr << "tidemark: " << config_file << " has no topic of dead letters; write dead_letters: {topic: NAME}\n";
  *exit_code = kExitUsage;
  return nullptr;
}

int Fail(const Status& status) {
  std::cerr << "tidemark: " << status.text() << "\n";
  return ExitCodeOf(status);
}

Result<LetterCounts> Read(const Specs& specs, const std::function<Status(const Letter&, bool)>& visit) {
  ProgressLine line(std::chrono::seconds(1));
  return ReadLetters(specs.kafka, specs.dead_letters.topic, visit, [&](int64_t records) {
    if (records % 1000 == 0) line.Show(std::to_string(records) + " records read");
  });
}

struct LetterGroup {
  int64_t open = 0, replayed = 0;
  WallTime oldest = WallTime::max(), newest = WallTime::min();
};
using Groups = std::map<std::tuple<std::string, std::string, std::string>, LetterGroup>;  // source, topic, reason

std::string TimeText(WallTime t) { return FormatRfc3339(EventTimeFromMicros(Micros(t))); }

void PrintJson(const Groups& groups, const Whys& whys) {
  JsonWriter json;
  json.BeginObject().Key("letters").BeginArray();
  for (const auto& [name, group] : groups) {
    const auto& [source, topic, reason] = name;
    json.BeginObject().Key("source").String(source).Key("topic").String(topic).Key("reason").String(reason);
    json.Key("open").Int(group.open).Key("replayed").Int(group.replayed).Key("oldest").String(TimeText(group.oldest)).Key("newest").String(TimeText(group.newest)).EndObject();
  }
  json.EndArray().Key("errors").BeginArray();
  for (const auto& [n, why] : whys.Most()) json.BeginObject().Key("error").String(why).Key("open").Int(n).EndObject();
  json.EndArray().EndObject();
  std::cout << std::move(json).Take() << "\n";
}

void PrintTable(const Groups& groups, const Whys& whys) {
  const auto row = [](const std::string& source, const std::string& topic, const std::string& reason, const std::string& open, const std::string& replayed, const std::string& newest) {
    std::cout << std::left << std::setw(16) << source << " " << std::setw(28) << topic << " " << std::setw(12) << reason << " " << std::right << std::setw(9) << open << " " << std::setw(9)
              << replayed << "  " << newest << "\n";
  };
  row("SOURCE", "TOPIC", "REASON", "OPEN", "REPLAYED", "NEWEST");
  for (const auto& [name, group] : groups) {
    const auto& [source, topic, reason] = name;
    row(source.empty() ? "-" : source, topic, reason, std::to_string(group.open), std::to_string(group.replayed), TimeText(group.newest));
  }
  whys.Print();
}

// Sends letters and marks them, some at a time: a mark is written once the brokers have what it speaks of.
class Sender {
 public:
  static Result<std::unique_ptr<Sender>> Open(const Specs& specs) {
    std::unique_ptr<Sender> sender(new Sender(specs.dead_letters.topic));  // NOLINT: private
    auto properties = ProducerProperties(specs.kafka);
    properties["client.id"] = "tidemark-dlq";
    properties["message.max.bytes"] = std::to_string(specs.limits.max_record_bytes + kRoomForHeaders);
    Sender* self = sender.get();
    TM_ASSIGN_OR_RETURN(sender->producer_, KafkaProducer::Open(specs.kafka.brokers, properties, [self](uint64_t, rd_kafka_resp_err_t error) {
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) self->error_ = error;
    }));
    return sender;
  }

  Status Send(const Letter& letter) {
    const RawRecord& r = letter.record;
    const int64_t ms = r.kafka_time == WallTime::min() ? 0 : Micros(r.kafka_time) / 1000;
    TM_RETURN_IF_ERROR(Produce(std::string(r.topic), r.partition, r.key, r.value, r.headers, ms));
    sent_.Add(letter.partition, letter.offset.v, letter.offset.v);
    bytes_ += r.key.size() + r.value.size();
    return ++letters_ < kBatchLetters && bytes_ < kBatchBytes ? Status::Ok() : Finish();
  }

  // All that was sent is there, and marked.
  Status Finish() {
    if (letters_ == 0) return Status::Ok();
    TM_RETURN_IF_ERROR(Flush());
    for (const auto& [partition, text] : sent_.ToTexts(kMarkRanges)) {
      const RecordHeader mark{kReplayedMark, text};
      TM_RETURN_IF_ERROR(Produce(topic_, partition, {}, "", {&mark, 1}, 0));
    }
    TM_RETURN_IF_ERROR(Flush());
    sent_ = {};
    letters_ = bytes_ = 0;
    return Status::Ok();
  }

 private:
  explicit Sender(std::string topic) : topic_(std::move(topic)) {}

  Status Produce(const std::string& topic, int32_t partition, std::string_view key, std::string_view value, std::span<const RecordHeader> headers, int64_t ms) {
    const auto error = producer_->TryProduce(topic, partition, key, value, headers, ms, 0);
    producer_->Serve();
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
    return Unavailable("topic " + topic + "[" + std::to_string(partition) + "]: " + rd_kafka_err2str(error));
  }
  Status Flush() {
    TM_RETURN_IF_ERROR(producer_->Flush(kFlushWithin));
    if (error_ == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
    return Unavailable(std::string("not all could be written, and those that were are sent again by the next run: ") + rd_kafka_err2str(error_));
  }

  const std::string topic_;
  std::unique_ptr<KafkaProducer> producer_;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  OffsetSet sent_;  // not marked yet
  size_t letters_ = 0, bytes_ = 0;
};

}  // namespace

int ListLetters(const LetterListOptions& options) {
  Specs specs;
  int exit_code = kExitOk;
  if (Load(options.config_file, &specs, &exit_code) == nullptr) return exit_code;
  Groups groups;
  Whys whys;
  const Result<LetterCounts> counts = Read(specs, [&](const Letter& letter, bool replayed) {
    if (!Chosen(options.choice, letter)) return Status::Ok();
    std::tuple name(Printable(letter.source), Printable(letter.record.topic), Printable(letter.reason));
    if (groups.size() >= kMostWhys && !groups.contains(name)) name = {"", "other", ""};
    LetterGroup& group = groups[name];
    ++(replayed ? group.replayed : group.open);
    group.oldest = std::min(group.oldest, letter.written);
    group.newest = std::max(group.newest, letter.written);
    if (!replayed) whys.Add(letter, letter.error);
    return Status::Ok();
  });
  if (!counts.ok()) return Fail(counts.status());
  options.json ? PrintJson(groups, whys) : PrintTable(groups, whys);
  if (counts->foreign > 0) std::cerr << "tidemark: " << counts->foreign << " records of " << specs.dead_letters.topic << " are no dead letters\n";
  std::cout.flush();
  return kExitOk;
}

int ReplayLetters(const LetterReplayOptions& options) {
  Specs specs;
  int exit_code = kExitOk;
  const std::shared_ptr<const Plan> plan = Load(options.config_file, &specs, &exit_code);
  if (plan == nullptr) return exit_code;
  Result<std::unique_ptr<Sender>> sender = Sender::Open(specs);
  if (!sender.ok()) return Fail(sender.status());
  LetterTrial trial(*plan, specs.registry ? &*specs.registry : nullptr, options.older ? std::nullopt : std::optional(WallNow()));
  int64_t sent = 0, left = 0, before = 0, others = 0;
  Whys whys;
  const Result<LetterCounts> counts = Read(specs, [&](const Letter& letter, bool replayed) {
    if (!Chosen(options.choice, letter)) {
      ++others;
      return Status::Ok();
    }
    if (replayed && !options.again) {
      ++before;
      return Status::Ok();
    }
    if (const std::string why = trial.WhyNot(letter); !why.empty()) {
      ++left;
      whys.Add(letter, why);
      return Status::Ok();
    }
    ++sent;
    return options.dry_run ? Status::Ok() : (*sender)->Send(letter);
  });
  if (!counts.ok()) return Fail(counts.status());
  if (const Status finished = (*sender)->Finish(); !finished.ok()) return Fail(finished);
  std::cout << (options.dry_run ? "would be sent again: " : "sent again: ") << sent << "\nleft: " << left << "\n";
  whys.Print();
  if (before > 0) std::cout << "sent again before: " << before << "\n";
  if (others > 0) std::cout << "not chosen: " << others << "\n";
  if (counts->foreign > 0) std::cerr << "tidemark: " << counts->foreign << " records of " << specs.dead_letters.topic << " are no dead letters\n";
  std::cout.flush();
  return left == 0 ? kExitOk : kExitData;
}

}  // namespace tidemark
