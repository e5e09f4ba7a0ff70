using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Api.Tests.Verbs;

/// <summary>
/// F34: <c>init</c> in Production asks for what is needed, writes settings that start, and names what is still open; by
/// the lines of the README.
/// </summary>
public sealed partial class InitTests : IDisposable
{
    private const string Prefix = "dotnet run --no-launch-profile --project src/KeyRecovery.Api";

    private readonly TempDirectory _directory = new();

    public InitTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Path.Combine(_directory.Path, "issuer.pem"), key.ExportSubjectPublicKeyInfoPem());
    }

    public void Dispose() => _directory.Dispose();

    [NeedsFact(Need.Linux)]
    public async Task F34_the_readmes_server_for_good_runs_so()
    {
        var lines = ReadmeLines();
        Assert.Equal(2, lines.Count);

        using (var init = Start(lines[0], "http://127.0.0.1:0"))
        {
            var output = await AnswerAsync(init, "chat", "https://id.example.com", "", "issuer.pem", "");
            Assert.Equal(0, init.ExitCode);
            foreach (var open in (string[])[
                "only this machine reaches it", "no backup holds its keys", "nobody may file",
            ])
                Assert.Contains($"still open  {open}", output, StringComparison.Ordinal);
            Assert.Contains("audit key", output, StringComparison.Ordinal);
        }

        var settings = Path.Combine(_directory.Path, "data", "keyrecovery.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(settings));
        using var serve = Start(lines[1], "http://127.0.0.1:0");
        try
        {
            string? line;
            do line = await serve.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
            while (line?.Contains("Listening on", StringComparison.Ordinal) == false);
            using var listening = JsonDocument.Parse(line!);
            using var client = new HttpClient();
            var address = new Uri(listening.RootElement.GetProperty("Addresses")[0].GetString()!);
            using var ready = await client.GetAsync(new Uri(address, "/health/ready"));
            Assert.Equal(System.Net.HttpStatusCode.OK, ready.StatusCode);
        }
        finally
        {
            serve.Kill();
            await serve.WaitForExitAsync();
        }

        // Once more: it asks no more, and changes nothing.
        var before = await File.ReadAllBytesAsync(settings);
        using var again = Start(lines[0], "http://127.0.0.1:0");
        Assert.DoesNotContain("Whose tokens", await AnswerAsync(again), StringComparison.Ordinal);
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(before, await File.ReadAllBytesAsync(settings));
    }

    [Fact]
    public async Task F34_nothing_is_written_where_nobody_answers_or_the_answers_are_wrong()
    {
        foreach (var answers in (string[][])[[], ["chat"], ["Chat!", "https://id.example.com", "", "issuer.pem", ""],
            ["chat", "https://id.example.com", "", "missing.pem", ""]])
        {
            using var init = Start(ReadmeLines()[0], "http://127.0.0.1:0");
            await AnswerAsync(init, answers);
            Assert.NotEqual(0, init.ExitCode);
            Assert.False(Directory.Exists(Path.Combine(_directory.Path, "data")));
        }
    }

    [Fact]
    public async Task A_version_is_told_and_an_unknown_flag_refused()
    {
        var (exitCode, output, _) = await HostProcess.RunAsync("--version");
        Assert.Equal(0, exitCode);
        Assert.Matches(Version(), output);
        foreach (var arguments in (string[][])[
            ["--verison"], ["serve", "--prot", "1"], ["serve", "--KeyRecovry:LogLevel", "Debug"], ["serve", "-v"],
            ["--environment", "Development", "extra"],
        ])
            Assert.Equal(2, (await HostProcess.RunAsync(arguments)).ExitCode);
    }

    private static List<string> ReadmeLines()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "KeyRecovery.sln"))) folder = folder.Parent!;
        var readme = File.ReadAllText(Path.Combine(folder.FullName, "README.md"));
        var block = readme.Split("## A server for good")[1].Split("```sh")[1].Split("```")[0];
        return [.. block.Split('\n').Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0)];
    }

    // As the README says it, but for the building.
    private Process Start(string line, string urls)
    {
        Assert.StartsWith(Prefix, line, StringComparison.Ordinal);
        string[] arguments =
            [.. line[Prefix.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(a => a != "--")];
        var start = new ProcessStartInfo("dotnet", [typeof(Server).Assembly.Location, .. arguments])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = urls;
        start.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        start.Environment.Remove("DOTNET_ENVIRONMENT");
        return Process.Start(start)!;
    }

    private static async Task<string> AnswerAsync(Process process, params string[] answers)
    {
        foreach (var answer in answers) await process.StandardInput.WriteLineAsync(answer);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex(@"^\d+\.\d+\.\d+(\+\w+)?\n$")]
    private static partial Regex Version();
}
