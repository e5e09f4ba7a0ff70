using System.Diagnostics;
using System.Globalization;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.EndToEnd.Tests.Realms;

/// <summary>Programs that guess (<c>guess-storm.mjs</c>).</summary>
internal static class GuessStorm
{
    /// <summary>One program that sends many guesses at once.</summary>
    /// <returns>Each guess's place, status and answer.</returns>
    public static async Task<(int Index, int Status, byte[] Body)[]> StormAsync(
        ServerProcess server, string token, string file, TestGuess[] guesses)
    {
        using var node = await StartAsync(server.Address, token, file, guesses);
        node.StandardInput.Close();
        return await ReadAsync(node);
    }

    /// <summary>A program for each guess; all send when the last one is there.</summary>
    /// <returns>Status and answer of each.</returns>
    public static async Task<(int Status, byte[] Body)[]> TogetherAsync(
        IReadOnlyList<(Uri Server, TestGuess Guess)> guesses, string token, TempFolder folder)
    {
        var programs = new List<Process>();
        foreach (var (server, guess) in guesses)
            programs.Add(await StartAsync(server, token, folder[$"{programs.Count}"], [guess]));
        foreach (var program in programs) Assert.Equal("ready", await program.StandardOutput.ReadLineAsync());
        foreach (var program in programs) program.StandardInput.Close();
        var answers = await Task.WhenAll(programs.Select(ReadAsync));
        foreach (var program in programs) program.Dispose();
        return [.. answers.Select(answer => (answer.Single().Status, answer.Single().Body))];
    }

    private static async Task<Process> StartAsync(Uri server, string token, string file, TestGuess[] guesses)
    {
        await File.WriteAllLinesAsync(file, guesses.Select(g => Convert.ToBase64String(g.Body)));
        var script = Path.Combine(AppContext.BaseDirectory, "Realms", "guess-storm.mjs");
        return Process.Start(new ProcessStartInfo("node", [script, server.ToString(), token, file])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
    }

    private static async Task<(int Index, int Status, byte[] Body)[]> ReadAsync(Process node)
    {
        var lines = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return
        [
            .. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line != "ready")
                .Select(line => line.Split(' ')).Select(parts =>
                    (int.Parse(parts[0], CultureInfo.InvariantCulture),
                        int.Parse(parts[1], CultureInfo.InvariantCulture), Convert.FromBase64String(parts[2]))),
        ];
    }
}
