using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Hosting;
using Microsoft.AspNetCore.Http;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>What one instance writes to its stores: seen, and held on its way where a test wants it.</summary>
internal sealed class WatchedWrites
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, bool> _seen = new();
    private readonly ConcurrentDictionary<Table, TaskCompletionSource> _held = new();
    private readonly ConcurrentDictionary<Table, HttpStatusCode> _answers = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public WatchedWrites(CosmosGateway way)
    {
        way.LetsThroughAsync = async request =>
        {
            await HoldAsync(request);
            return true;
        };
        way.OnAnswer = (request, status) =>
        {
            if (request.HttpContext.Items[this] is Table table) _answers[table] = status;
        };
    }

    /// <summary>Waits until it has written a row.</summary>
    public async Task SeenAsync(RowKey row)
    {
        var name = $"{row.Table.Number}.{System.Buffers.Text.Base64Url.EncodeToString(row.Id.Span)}";
        for (var end = DateTime.UtcNow + Limit; !_seen.ContainsKey(name); await Task.Delay(50))
            if (DateTime.UtcNow > end) throw new TimeoutException($"nothing writes {row.Table.Name}");
    }

    /// <summary>Holds the next write of a table.</summary>
    /// <returns>Waits until one is held.</returns>
    public Func<Task> HoldNext(Table table)
    {
        var held = _held[table] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return () => held.Task.WaitAsync(Limit);
    }

    /// <summary>Lets go on what is held, and waits for what the stores say to it.</summary>
    public async Task<IReadOnlyDictionary<Table, HttpStatusCode>> ReleaseAsync()
    {
        _release.SetResult();
        for (var end = DateTime.UtcNow + Limit; _answers.Count < _held.Count; await Task.Delay(50))
            if (DateTime.UtcNow > end) throw new TimeoutException("no answer came to what was held");
        return _answers;
    }

    private async Task HoldAsync(HttpRequest request)
    {
        if (request.Method is not ("POST" or "PUT")) return;
        request.EnableBuffering();
        using var body = await JsonDocument.ParseAsync(request.Body);
        request.Body.Position = 0;
        if (!body.RootElement.TryGetProperty("id", out var id) || !body.RootElement.TryGetProperty("pk", out _)) return;
        var name = id.GetString()!;
        foreach (var (table, held) in _held)
        {
            if (!name.StartsWith($"{table.Number}.", StringComparison.Ordinal) || !held.TrySetResult()) continue;
            request.HttpContext.Items[this] = table;
            await _release.Task;
        }

        _seen[name] = true;
    }
}
