tidemark_test(scenario_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/breach_test.cc ${CMAKE_CURRENT_LIST_DIR}/state_test.cc ${CMAKE_CURRENT_LIST_DIR}/time_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/../fakes/faulty_store.cc
  LIBS tidemark_engine tidemark_store tidemark_proto LABELS scenario TIMEOUT 120)
