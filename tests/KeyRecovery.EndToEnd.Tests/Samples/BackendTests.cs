using System.Diagnostics;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Samples;

/// <summary>
/// The sample back end, as a program against a real server: both are killed again and again while accounts are made,
/// and at the end it has been told of each of them at least once.
/// </summary>
public sealed class BackendTests
{
    private const int Accounts = 12;

    private static readonly string Program = Path.GetFullPath(
        typeof(BackendTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(m => m.Key == "BackendPath").Value!,
        AppContext.BaseDirectory);

    [Fact]
    public async Task Killed_at_any_moment_it_is_told_of_each_account_at_least_once()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["back"]);
        var book = folder["back/events.ndjson"];
        var server = await ServerProcess.StartAsync(folder["data"]);
        var (port, backend, subjects) = (server.Address.Port, (Process?)null, new List<string>());
        try
        {
            for (var i = 0; i < Accounts; i++)
            {
                await WriteTokenAsync(server, folder["token"]);
                backend ??= Start(server, folder);
                subjects.Add($"user {i} <b>\u202E");
                using var device = new TestDevice(server.Address);
                using (await device.CreateAsync(await server.TokenAsync(subjects[^1]), null, "phone", [])) { }

                // Sometimes at once, sometimes once it has begun to write.
                if (i % 3 == 1) await HasAsync(book, subjects[i - 1]);
                backend.Kill();
                await backend.WaitForExitAsync();
                backend.Dispose();
                backend = null;
                if (i % 4 != 3) continue;
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder["data"], port);
            }

            await WriteTokenAsync(server, folder["token"]);
            backend = Start(server, folder);
            foreach (var subject in subjects) await HasAsync(book, subject);

            // Nobody else, and nobody forgotten; between accounts no order is promised (docs/protocol.md §20).
            var made = Events(book).Where(one => one.GetProperty("kind").GetString() == "accountCreated")
                .Select(one => one.GetProperty("subject").GetString()!).ToList();
            Assert.Equal(subjects.Order(StringComparer.Ordinal), made.Distinct().Order(StringComparer.Ordinal));
            Assert.True(File.Exists(folder["back/cursor"]));
        }
        finally
        {
            backend?.Kill();
            backend?.Dispose();
            await server.DisposeAsync();
        }
    }

    [Fact]
    public void It_is_a_sample_that_is_read_at_one_sitting()
    {
        var folder = Path.GetFullPath("../../..", Path.GetDirectoryName(Program)!);
        Assert.InRange(Directory.GetFiles(folder, "*.cs").Sum(file => File.ReadAllLines(file).Length), 1, 60);
    }

    private static Process Start(ServerProcess server, TempFolder folder) => Process.Start(
        new ProcessStartInfo("dotnet", [Program, server.Address.AbsoluteUri, folder["token"], folder["back"]])
        {
            RedirectStandardError = true,
        })!;

    private static async Task WriteTokenAsync(ServerProcess server, string file)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        using var answer = await http.PostAsJsonAsync(
            "/v1/dev/tokens", new { subject = "backend", scope = "keyrecovery.events" });
        await File.WriteAllTextAsync(
            file, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
    }

    private static async Task HasAsync(string book, string subject)
    {
        var patience = Stopwatch.StartNew();
        while (!Events(book).Any(one => one.GetProperty("subject").GetString() == subject))
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"{subject} was never told");
            await Task.Delay(100);
        }
    }

    // A line that was cut is none, and comes again.
    private static List<JsonElement> Events(string book)
    {
        var events = new List<JsonElement>();
        if (!File.Exists(book)) return events;
        using var file = new StreamReader(new FileStream(book, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (file.ReadLine() is { } line)
        {
            try
            {
                events.Add(JsonDocument.Parse(line).RootElement);
            }
            catch (JsonException)
            {
                // Cut, or the empty first one.
            }
        }

        return events;
    }
}
