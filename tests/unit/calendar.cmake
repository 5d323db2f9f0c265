tidemark_test(calendar_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/calendar_test.cc ${CMAKE_CURRENT_LIST_DIR}/calendar_property_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/business_time_test.cc
  LIBS tidemark_time absl::time LABELS unit)
