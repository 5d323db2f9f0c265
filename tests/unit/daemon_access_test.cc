#include <gtest/gtest.h>

#include "daemon/web_access.h"

namespace tidemark {
namespace {

using Verdict = PasswordCheck::Verdict;

// Made by `htpasswd -nbBC 4 alice "open sesame"`.
const std::map<std::string, std::string, std::less<>> kUsers = {
    {"alice", "$2y$04$rm4j5Xz27WF.WoDLMEQkMuAybKfNWBXl6Rv09ozImAA8c6ri0hmci"}};

TEST(PasswordCheck, TakesTheRightPasswordOfAKnownNameOnly) {
  PasswordCheck check(kUsers);
  for (int again = 0; again < 2; ++again) {  // computed, then remembered
    EXPECT_EQ(check.Check("alice", "open sesame"), Verdict::kGood);
    EXPECT_EQ(check.Check("alice", "open sesam"), Verdict::kBad);
    EXPECT_EQ(check.Check("alice", ""), Verdict::kBad);
    EXPECT_EQ(check.Check("bob", "open sesame"), Verdict::kBad);
    EXPECT_EQ(check.Check("", ""), Verdict::kBad);
  }
}

TEST(PasswordCheck, GuessingIsSlowedDownButNotForWhoIsKnown) {
  PasswordCheck check(kUsers);
  ASSERT_EQ(check.Check("alice", "open sesame"), Verdict::kGood);
  int computed = 0, busy = 0;
  for (int i = 0; i < 200; ++i) {
    const Verdict verdict = check.Check(i % 2 == 0 ? "alice" : "mallory", "guess" + std::to_string(i));
    EXPECT_NE(verdict, Verdict::kGood);
    ++(verdict == Verdict::kBusy ? busy : computed);
    EXPECT_EQ(check.Check("alice", "open sesame"), Verdict::kGood);
  }
  EXPECT_GE(computed, 7);
  EXPECT_GT(busy, 0) << "200 guesses within moments";
}

class WebAccessTest : public testing::Test {
 protected:
  WebAccessTest() : own_({}), access_([](const HttpRequest&) { return HttpResponse(); }, &own_) {}
  HttpResponse Ask(const char* name, const char* password) {
    HttpRequest request;
    if (name != nullptr) request.credentials.emplace(name, password);
    return access_.Answer(request);
  }
  OwnMetrics own_;
  WebAccess access_;
};

TEST_F(WebAccessTest, ServesEverybodyWithoutUsers) {
  EXPECT_EQ(Ask(nullptr, nullptr).code, 200u);
  EXPECT_EQ(Ask("anybody", "anything").code, 200u);
}

TEST_F(WebAccessTest, AsksForAPasswordAndForgetsThoseWhoWereTakenOut) {
  access_.Use(kUsers);
  EXPECT_EQ(Ask("alice", "open sesame").code, 200u);
  const HttpResponse refused = Ask(nullptr, nullptr);
  EXPECT_EQ(refused.code, 401u);
  EXPECT_TRUE(refused.authenticate);
  access_.Use({{"bob", kUsers.at("alice")}});
  EXPECT_EQ(Ask("alice", "open sesame").code, 401u);
  EXPECT_EQ(Ask("bob", "open sesame").code, 200u);
}

TEST_F(WebAccessTest, RefusesWhomTheCertificateRefuses) {
  HttpRequest request;
  request.certificate_refused = "a client certificate is wanted here";
  EXPECT_EQ(access_.Answer(request).code, 403u);
}

}  // namespace
}  // namespace tidemark
