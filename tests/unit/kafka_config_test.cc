#include <gtest/gtest.h>

#include <array>
#include <string>

#include "pipeline/kafka/client_config.h"

namespace tidemark {
namespace {

std::string Get(const rd_kafka_conf_t* conf, const char* name) {
  std::array<char, 512> value{};
  size_t size = value.size();
  return rd_kafka_conf_get(conf, name, value.data(), &size) == RD_KAFKA_CONF_OK ? value.data() : "?";
}

KafkaSpec Spec(std::map<std::string, std::string> properties) {
  KafkaSpec spec;
  spec.brokers = "127.0.0.1:9";
  spec.properties = std::move(properties);
  return spec;
}

TEST(KafkaConfig, UserPropertiesOverrideDefaultsButNotTheBrokersAndTheGroup) {
  auto conf =
      ConsumerConfig(Spec({{"client.id", "mine"}, {"isolation.level", "read_uncommitted"}}), LimitsFor(1 << 26, 8));
  ASSERT_TRUE(conf.ok()) << conf.status().text();
  EXPECT_EQ(Get(conf->get(), "client.id"), "mine");
  EXPECT_EQ(Get(conf->get(), "isolation.level"), "read_uncommitted");
  EXPECT_EQ(Get(conf->get(), "group.id"), "tidemark");
  EXPECT_EQ(Get(conf->get(), "enable.partition.eof"), "true");
  EXPECT_EQ(Get(conf->get(), "partition.assignment.strategy"), "range");
}

struct Refusal {
  const char* name;
  const char* property;
  const char* value;
  const char* says;
};

class KafkaConfigRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(KafkaConfigRefuses, WithAReasonAndAPlace) {
  const Refusal& c = GetParam();
  KafkaSpec spec = Spec({{c.property, c.value}});
  spec.at[c.property] = {"tidemark.yaml", 7, 5};
  EXPECT_FALSE(ConsumerConfig(spec, LimitsFor(1 << 26, 8)).ok());
  Diagnostics diagnostics;
  CheckKafkaProperties(spec, &diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1u);
  EXPECT_NE(diagnostics.items()[0].text.find(c.says), std::string::npos) << diagnostics.items()[0].text;
  EXPECT_EQ(diagnostics.items()[0].place.line, 7);
}

INSTANTIATE_TEST_SUITE_P(
    Table, KafkaConfigRefuses,
    testing::Values(Refusal{"Unknown", "fetch.wiat.max.ms", "5", "No such configuration property"},
                    Refusal{"WrongValue", "fetch.wait.max.ms", "soon", "Invalid value"},
                    Refusal{"AutoCommit", "enable.auto.commit", "true", "only informational"},
                    Refusal{"AutoOffsetReset", "auto.offset.reset", "latest", "kafka.auto_offset_reset"},
                    Refusal{"PartitionEof", "enable.partition.eof", "false", "proof"},
                    Refusal{"Group", "group.id", "x", "kafka.group"},
                    Refusal{"Brokers", "bootstrap.servers", "x", "kafka.brokers"},
                    Refusal{"Cooperative", "partition.assignment.strategy", "cooperative-sticky", "range"}),
    [](const auto& info) { return info.param.name; });

TEST(KafkaConfig, FetchLimitsStayWithinTheBudget) {
  for (const uint64_t budget : {uint64_t{16} << 20, uint64_t{64} << 20, uint64_t{1} << 30}) {
    for (const uint64_t partitions : {1, 8, 64}) {
      const FetchLimits limits = LimitsFor(budget, partitions);
      EXPECT_LE(partitions * ((limits.queue_kbytes << 10) + limits.partition_fetch_bytes), budget)
          << budget << " " << partitions;
      EXPECT_GE(limits.queue_kbytes, 64u);
    }
  }
}

TEST(KafkaConfig, ARefusedScramLoginIsExplained) {
  const std::string error = "SASL authentication error: Authentication failed";
  EXPECT_NE(ExplainError(error, {{"sasl.mechanisms", "SCRAM-SHA-512"}}).find(error), std::string::npos);
  EXPECT_EQ(ExplainError(error, {{"sasl.mechanisms", "PLAIN"}}), error);
  if (rd_kafka_version() < 0x020601ff) {
    EXPECT_NE(ExplainError(error, {{"sasl.mechanism", "SCRAM-SHA-256"}}).find("2.6.1"), std::string::npos);
  }
}

}  // namespace
}  // namespace tidemark
