// Rows of (name, YAML, what is said about it) for the tests of config/.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "config/config.h"

namespace tidemark {

// What stands before a row's text, so that the file is right but for the row's own mistake. Rows count lines from here.
enum Before {
  kNothing,
  kInput,   // kafka and topics, 2 lines
  kCount,   // and a KPI "k" with the windows 1h and 24h and the label "rep", 4 lines
  kWhole,   // kafka, topics and a KPI, 3 lines
  kKafka,   // all but kafka, 2 lines
  kTopics,  // all but topics, 2 lines
};

struct ConfigRow {
  const char* name;
  Before before;
  std::string yaml;
  std::string expected;  // Diagnostics::ToString() for a file "c.yaml"
};

inline std::string Times(int n, const std::string& text) {
  std::string all;
  for (int i = 0; i < n; ++i) all += text;
  return all;
}

inline std::string TextBefore(Before before) {
  const std::string kafka = "kafka: {brokers: \"b:9092\"}\n", topics = "topics: [t]\n";
  const std::string kpis = "kpis: [{name: k, on: a.b, count: true, windows: [1h]}]\n";
  switch (before) {
    case kNothing:
      return "";
    case kInput:
      return kafka + topics;
    case kCount:
      return kafka + topics + "kpis:\n- {name: k, on: a.b, count: true, by: {rep: a.rep}, windows: [1h, 24h]}\n";
    case kWhole:
      return kafka + topics + kpis;
    case kKafka:
      return kpis + topics;
    case kTopics:
      return kpis + kafka;
  }
  return "";
}

inline void ExpectRow(const ConfigRow& row) {
  SCOPED_TRACE(row.name);
  setenv("TM_SECRET", "s3cr3t value", 1);
  unsetenv("TM_UNSET");
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(row.before) + row.yaml + "\n", &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), row.expected);
  EXPECT_EQ(diagnostics.ToString().find("hidden"), std::string::npos) << "a secret is shown";
  EXPECT_EQ(diagnostics.ToString().find("s3cr3t"), std::string::npos) << "a variable's value is shown";
}

}  // namespace tidemark
