using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Output;

namespace KeyRecovery.Cli.Commands;

/// <summary>Which devices are lost: the person's answer, or the value of <c>--remove</c>.</summary>
internal static class LostDevices
{
    private const int ShortestBeginning = 4;

    /// <summary>
    /// Reads <c>all</c> (devices), <c>none</c>, or ids and their beginnings. The code itself cannot be meant.
    /// </summary>
    public static IReadOnlyList<AuthorityInfo> Read(RecoverySession session, IReadOnlyList<string> values)
    {
        if (values is ["all"]) return session.Devices;
        if (values is ["none"]) return [];
        return [.. values.Select(value => Find(session, value)).DistinctBy(a => a.Id)];
    }

    /// <summary>Asks by numbers.</summary>
    public static async Task<IReadOnlyList<AuthorityInfo>> AskAsync(
        RecoverySession session, Ask ask, CancellationToken ct)
    {
        var devices = session.Devices;
        if (devices.IsEmpty) return [];
        var names = new AuthorityNames(session.Authorities);
        ask.Say("Which of these devices are lost? They are locked out in the same moment as this one comes in.");
        for (var i = 0; i < devices.Length; i++)
            ask.Say($"  {i + 1}  {names.Of(devices[i].Id)}, added {Words.Time(devices[i].Added)}");
        while (true)
        {
            var answer = await ask.LineAsync("Numbers, all or none:", ct);
            if (Pick(answer, devices.Length) is { } picked) return [.. picked.Select(n => devices[n - 1])];
            ask.Say("One or more of the numbers above with spaces between, or all, or none.");
        }
    }

    private static List<int>? Pick(string answer, int count)
    {
        var words = answer.Split(
            [' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words is ["all"]) return [.. Enumerable.Range(1, count)];
        if (words is ["none"]) return [];
        List<int> numbers = [];
        foreach (var word in words)
        {
            if (!int.TryParse(word, out var number) || number < 1 || number > count) return null;
            if (!numbers.Contains(number)) numbers.Add(number);
        }
        return numbers.Count == 0 ? null : numbers;
    }

    private static AuthorityInfo Find(RecoverySession session, string value)
    {
        var found = session.Authorities
            .Where(a => !a.IsThisDevice && a.Id.ToString().StartsWith(value, StringComparison.Ordinal))
            .ToList();
        return value.Length >= ShortestBeginning && found is [var one]
            ? one
            : throw new CommandException(CliFailure.Usage(
                found.Count > 1 ? $"--remove {value} is the beginning of several ids"
                    : $"--remove {value} is no id of the account, all or none",
                "The ids are in the table above, and in account show. Nothing was changed."));
    }
}
