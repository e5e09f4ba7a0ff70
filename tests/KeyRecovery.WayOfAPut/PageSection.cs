namespace KeyRecovery.WayOfAPut;

/// <summary>What the page says of one side.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Own">The files of its own steps, as far as the page writes their paths.</param>
/// <param name="Shared">The files that every call shares.</param>
internal sealed record PageSection(string Title, IReadOnlyList<string> Own, IReadOnlyList<string> Shared)
{
    private const string SharedBegin = "Shared: ";

    /// <summary>Reads the section below a heading.</summary>
    public static PageSection Of(IEnumerable<string> page, string heading)
    {
        var lines = page.SkipWhile(line => line != heading).Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)).ToList();
        var steps = lines.Where(line => line.Split('|') is [_, var number, _, _, _] && int.TryParse(number, out _));
        var shared = lines.SkipWhile(line => !line.StartsWith(SharedBegin, StringComparison.Ordinal))
            .TakeWhile(line => line.Length > 0);
        return new PageSection(
            heading, [.. steps.Select(line => line.Split('`')[1])],
            [.. string.Join(' ', shared).Split('`').Where((_, i) => i % 2 == 1)]);
    }

    /// <summary>Prints both, and where they differ.</summary>
    /// <param name="rounds">What ran in each round: measured is what ran in all.</param>
    /// <returns>Whether they are the same.</returns>
    public bool Compare(IReadOnlyList<IReadOnlySet<string>> rounds)
    {
        var measured = rounds[0].Where(file => rounds.All(round => round.Contains(file))).ToHashSet();
        Console.WriteLine($"{Title}: {measured.Count} files");
        foreach (var file in measured.Order(StringComparer.Ordinal)) Console.WriteLine($"  {file}");
        foreach (var file in rounds.SelectMany(round => round).Except(measured).Order(StringComparer.Ordinal))
            Console.WriteLine($"in {rounds.Count(round => round.Contains(file))} of {rounds.Count} rounds: {file}");
        string[] told = [.. Own, .. Shared];
        var missing = measured.Where(file => !told.Any(name => Is(name, file))).ToList();
        var tooMany = told.Where(name => !measured.Any(file => Is(name, file))).ToList();
        foreach (var file in missing) Console.WriteLine($"not on the page: {file}");
        foreach (var name in tooMany) Console.WriteLine($"on the page, and did not run: {name}");
        if (told.Length != measured.Count) Console.WriteLine($"the page lists {told.Length}");
        return missing.Count + tooMany.Count == 0 && told.Length == measured.Count;
    }

    private static bool Is(string name, string file) => file.EndsWith($"/{name}.cs", StringComparison.Ordinal);
}
