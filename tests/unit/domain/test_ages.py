from tricircle.domain.ages import AgeTracker


def test_what_was_there_long_enough_is_told_however_often_one_looks():
    looks = [(0, 5), (10, 5), (60, 7), (61, 9), (69, 9), (70, 9), (130, 12), (500, 12)]
    moments = iter([moment for moment, _ in looks])
    ages = AgeTracker(lambda: next(moments))
    assert [ages.older_than(newest, 60) for _, newest in looks] == [0, 0, 5, 5, 5, 5, 9, 12]


def test_without_an_age_all_is_old():
    assert AgeTracker(lambda: 1.0).older_than(3, 0) == 3
