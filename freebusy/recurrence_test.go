package freebusy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// randomRule returns a DTSTART and a rule for it. All FREQ, BYxxx and other
// parts come in all mixes that RFC 5545 allows. Rules of hours, minutes and
// seconds have days near DTSTART, since libical steps through all of them.
func randomRule(random *rand.Rand) (start, rule string) {
	chance := func(n int) bool { return random.IntN(n) == 0 }
	at := time.Date(1997+random.IntN(20), time.Month(1+random.IntN(12)), 1+random.IntN(31), random.IntN(24), random.IntN(60), random.IntN(60), 0, time.UTC)
	freq := frequency(random.IntN(len(frequencyNames)))
	list := func(low, high, near int) string {
		var numbers []int
		for range 1 + random.IntN(3) {
			n := low + random.IntN(high-low+1)
			if n == 0 && low < 0 {
				n = high
			}
			numbers = append(numbers, n)
		}
		if freq >= hourly {
			numbers = append(numbers, near)
		}
		slices.Sort(numbers)
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(slices.Compact(numbers)), " ", ","), "[]")
	}
	parts := []string{"FREQ=" + frequencyNames[freq]}
	add := func(name, value string) { parts = append(parts, name+"="+value) }
	if chance(2) {
		add("INTERVAL", fmt.Sprint(1+random.IntN(5)))
	}
	if chance(3) {
		add("COUNT", fmt.Sprint(1+random.IntN(12)))
	} else if chance(3) {
		add("UNTIL", at.AddDate(0, random.IntN(60), random.IntN(30)).Format(wallLayout))
	}
	weekStart := 0
	if chance(3) {
		weekStart = random.IntN(7)
		add("WKST", weekdayNames[weekStart])
	}
	before := len(parts)
	if chance(3) {
		add("BYMONTH", list(1, 12, int(at.Month())))
	}
	weekNumbers := freq == yearly && chance(4)
	if weekNumbers {
		add("BYWEEKNO", list(-53, 53, 0))
	}
	if freq == yearly && chance(5) || freq >= hourly && chance(20) {
		add("BYYEARDAY", list(-366, 366, at.YearDay()))
	}
	if freq != weekly && chance(4) {
		add("BYMONTHDAY", list(-31, 31, at.Day()))
	}
	if chance(2) {
		var texts []string
		for range 1 + random.IntN(4) {
			text := weekdayNames[random.IntN(7)]
			if freq <= monthly && !weekNumbers && chance(3) {
				text = fmt.Sprint([]int{1, 2, 3, 4, 5, -1, -2}[random.IntN(7)]) + text
			}
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		if freq >= hourly {
			texts = append(texts, weekdayNames[weekday(floorDiv(at.Unix(), daySeconds))])
		}
		add("BYDAY", strings.Join(texts, ","))
	}
	if chance(5) {
		add("BYHOUR", list(0, 23, at.Hour()))
	}
	if chance(5) {
		add("BYMINUTE", list(0, 59, at.Minute()))
	}
	if chance(8) {
		add("BYSECOND", list(0, 59, at.Second()))
	}
	if len(parts) > before && chance(4) {
		if freq >= daily { // their sets are small
			add("BYSETPOS", []string{"1", "-1"}[random.IntN(2)])
		} else {
			add("BYSETPOS", list(-4, 4, 0))
		}
		if freq == weekly { // dateutil does not count the days of the week before DTSTART
			for weekday(floorDiv(at.Unix(), daySeconds)) != int64(weekStart) {
				at = at.AddDate(0, 0, -1)
			}
		}
	}
	return at.Format(wallLayout), strings.Join(parts, ";")
}

// wallLayout is a time without a zone (RFC 5545 §3.3.5, form 1).
const wallLayout = "20060102T150405"

// firstInstances returns the first instances of a rule before the year 2300.
func firstInstances(t testing.TB, start, rule string, count int) (found []string) {
	t.Helper()
	at, err := parseMoment(start, nil)
	require.NoError(t, err)
	r, err := parseRule(rule, nil)
	require.NoError(t, err, rule)
	r.complete(at.wall)
	steps := int64(10_000_000)
	require.True(t, r.instances(at.wall, at.wall, time.Date(2299, time.December, 31, 23, 59, 59, 0, time.UTC).Unix(), &budget{shared: &steps}, func(wall int64) bool {
		if r.bounded && r.ended(wall, utcZone) {
			return false
		}
		found = append(found, time.Unix(wall, 0).UTC().Format(wallLayout))
		return len(found) < count
	}), rule)
	return found
}

// libicalFault names what libical 3.0.16 does wrong with a rule, "" for nothing.
// RFC 5545 §3.3.10 is on our side in each, and so is dateutil, which is asked about all.
func libicalFault(rule string, first []string) string {
	r, _ := parseRule(rule, nil)
	clock := r.hours|r.minutes|r.seconds != 0
	days := r.monthDays != nil || r.yearDays != nil || r.weekdays != 0 || r.hasNth()
	negative := r.monthDays != nil && r.monthDays.fromEnd != [6]uint64{} || r.yearDays != nil && r.yearDays.fromEnd != [6]uint64{}
	switch {
	case len(first) == 0:
		return "looks for instances where there are none for hours, or refuses the rule"
	case r.weeks != nil:
		return "BYWEEKNO gives days in other weeks"
	case r.setPos != nil && (r.freq != monthly || clock || !days):
		return "BYSETPOS counts the days of months only"
	case r.setPos != nil && negative:
		return "BYSETPOS counts a day twice that BYMONTHDAY has from both ends"
	case r.freq == yearly && (r.yearDays != nil && (days || r.months != 0) || r.monthDays != nil && r.months == 0):
		return "yearly BYMONTHDAY gives the month of DTSTART only; beside BYYEARDAY other parts do not limit, or the rule is refused"
	case r.freq == weekly && r.interval > 1 && strings.Contains(rule, "WKST"):
		return "weekly INTERVAL counts from a wrong week if it does not begin on Monday"
	case r.freq >= daily && negative:
		return "daily and shorter: negative days are never found"
	case r.freq >= hourly && clock:
		return "hourly and shorter: INTERVAL is lost beside BYHOUR, BYMINUTE and BYSECOND, and the first instance comes twice"
	case r.freq >= hourly && r.interval > 1 && (days || r.months != 0):
		return "hourly and shorter: INTERVAL is lost beside BYDAY and BYMONTH"
	}
	return ""
}

// dateutilRule says the same so that dateutil 2.8.2 understands it.
func dateutilRule(start, rule string) string {
	r, _ := parseRule(rule, nil)
	if r.weeks != nil && r.monthDays == nil && r.yearDays == nil && r.weekdays == 0 {
		// It would take all days of the week, not that of DTSTART.
		at, _ := parseMoment(start, nil)
		return rule + ";BYDAY=" + weekdayNames[weekday(floorDiv(at.wall, daySeconds))]
	}
	if r.weekdays == 0 || !r.hasNth() {
		return rule
	}
	// For BYDAY=MO,2TU it would take the days that are both, not either.
	last := 5
	if r.freq == yearly && r.months == 0 {
		last = 53
	}
	parts := strings.Split(rule, ";")
	for i, part := range parts {
		days, ok := strings.CutPrefix(part, "BYDAY=")
		if !ok {
			continue
		}
		for day := range strings.SplitSeq(days, ",") {
			if slices.Contains(weekdayNames, day) {
				for n := range last {
					parts[i] += fmt.Sprintf(",%d%s", n+1, day)
				}
				parts[i] = strings.Replace(strings.Replace(parts[i], "="+day+",", "=", 1), ","+day+",", ",", 1)
			}
		}
	}
	return strings.Join(parts, ";")
}

// TestInstancesAgainstOthers compares the instances of many rules with libical
// and with dateutil.
func TestInstancesAgainstOthers(t *testing.T) {
	t.Parallel()
	const rules, count = 4500, 20
	type question struct{ library, start, rule, want string }
	var questions []question
	var input strings.Builder
	asked, faults := map[string]int{}, map[string]int{}
	ask := func(library, start, rule, asks, want string) {
		questions = append(questions, question{library, start, rule, want})
		fmt.Fprintf(&input, "%s\t%s\t%s\n", library, start, asks)
		asked[library]++
	}
	random := rand.New(rand.NewPCG(5545, 2009))
	for range rules {
		start, rule := randomRule(random)
		first := firstInstances(t, start, rule, count)
		want := strings.Join(first, " ")
		fault := libicalFault(rule, first)
		ask("dateutil", start, rule, dateutilRule(start, rule), want)
		if fault == "" {
			ask("libical", start, rule, rule, want)
		} else {
			faults[fault]++
		}
	}
	t.Logf("asked: %v; not asked libical: %v", asked, faults)
	require.Greater(t, asked["libical"], rules/3)
	for i, got := range strings.Split(strings.TrimSuffix(python(t, "instances.py", input.String(), fmt.Sprint(count)), "\n"), "\n") {
		q := questions[i]
		require.Equal(t, got, q.want, "%s: %s %s", q.library, q.start, q.rule)
	}
}

// TestInstancesFromTheMiddle compares what is found when the rule is started
// close to a window with what is found when it is counted from DTSTART on.
func TestInstancesFromTheMiddle(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 20))
	found := 0
	for range 3000 {
		start, text := randomRule(random)
		at, err := parseMoment(start, nil)
		require.NoError(t, err)
		near, err := parseRule(text, nil)
		require.NoError(t, err)
		near.limited = false
		near.complete(at.wall)
		counted := *near
		counted.limited, counted.count, counted.even = true, 1<<40, false

		unit := [...]int64{yearly: 365 * daySeconds, monthly: 30 * daySeconds, weekly: 7 * daySeconds, daily: daySeconds, hourly: 3600, minutely: 60, secondly: 1}[near.freq]
		from := at.wall + random.Int64N(200*unit)
		to := from + random.Int64N(20*unit)
		instances := func(r *rule) (walls []int64) {
			steps := int64(1_000_000)
			require.True(t, r.instances(at.wall, from, to, &budget{shared: &steps}, func(wall int64) bool {
				walls = append(walls, wall)
				return true
			}), text)
			return walls
		}
		want := instances(&counted)
		require.Equal(t, want, instances(near), "%s %s from %d to %d", start, text, from, to)
		found += len(want)
	}
	require.Greater(t, found, 10_000)
}
