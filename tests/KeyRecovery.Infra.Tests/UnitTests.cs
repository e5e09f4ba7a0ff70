using System.Globalization;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>The units of systemd: what they still leave to a server that somebody has taken over.</summary>
public class UnitTests
{
    // In tenths, of 100: 20 is an exposure of 2.0.
    private const string Most = "--threshold=20";

    private static Task<(int ExitCode, string Output)> AnalyzeAsync(string file) =>
        Infra.RunAsync("systemd-analyze", "security", "--offline=true", Most, file);

    [NeedsFact(Need.SystemdAnalyze)]
    public async Task Each_service_has_an_exposure_of_at_most_two()
    {
        var files = Infra.Files("systemd", "*.service").ToList();
        Assert.Equal(4, files.Count);
        foreach (var file in files)
        {
            var (exit, told) = await AnalyzeAsync(file);
            Assert.True(exit == 0, told);
        }
    }

    [NeedsFact(Need.SystemdAnalyze)]
    public async Task One_without_its_filter_of_calls_has_more()
    {
        using var open = new ChangedUnit(
            line => line.StartsWith("SystemCall", StringComparison.Ordinal) ? null : line);
        Assert.NotEqual(0, (await AnalyzeAsync(open.File)).ExitCode);
    }

    [NeedsFact(Need.SystemdAnalyze)]
    public async Task Each_unit_is_read_without_a_complaint()
    {
        foreach (var file in Infra.Files("systemd", "*.*"))
            Assert.Empty(await ComplaintsAsync(file));
        using var changed = new ChangedUnit(
            line => line.Replace("ProtectHome", "ProtectHouse", StringComparison.Ordinal));
        Assert.Single(await ComplaintsAsync(changed.File));
    }

    [NeedsTheory(Need.SystemdAnalyze)]
    [InlineData("keyrecovery-backup.timer", 24)]
    [InlineData("keyrecovery-backup-keys.timer", 1)]
    public async Task Each_timer_elapses_as_often_as_it_says(string timer, int hours)
    {
        var unit = await File.ReadAllLinesAsync(Infra.Files("systemd", timer).Single());
        var when = unit.Single(line => line.StartsWith("OnCalendar=", StringComparison.Ordinal)).Split('=')[1];
        var (exit, told) = await Infra.RunAsync("systemd-analyze", "calendar", "--iterations=2", when);
        Assert.True(exit == 0, told);
        var nights = told.Split('\n')
            .Where(line => line.Contains("elapse: ", StringComparison.Ordinal)
                || line.Contains("Iter. #", StringComparison.Ordinal))
            .Select(line => DateTime.ParseExact(
                string.Join(' ', line.Split(' ')[^3..^1]), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))
            .ToList();
        Assert.Equal(2, nights.Count);
        Assert.Equal(TimeSpan.FromHours(hours), nights[1] - nights[0]);
        Assert.NotEqual(0, (await Infra.RunAsync("systemd-analyze", "calendar", "*-*-* 25:30")).ExitCode);
    }

    // Programs and folders of the machine that it is for are not on this one: that is no complaint about the file.
    private static async Task<IEnumerable<string>> ComplaintsAsync(string file)
    {
        var (_, told) = await Infra.RunAsync("systemd-analyze", "verify", "--man=no", file);
        return told.Split('\n').Where(line => ((string[])["Unknown", "Failed to parse", "Invalid"])
            .Any(word => line.Contains(word, StringComparison.Ordinal)));
    }

    private sealed class ChangedUnit : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keyrecovery-unit-");

        public ChangedUnit(Func<string, string?> change)
        {
            var lines = System.IO.File.ReadAllLines(Infra.Files("systemd", "keyrecovery.service").Single());
            System.IO.File.WriteAllLines(File, lines.Select(change).OfType<string>());
        }

        public string File => Path.Combine(_folder.FullName, "changed.service");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
