using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

// A back end that follows its app's feed (docs/protocol.md §20), and may be killed at any moment: it keeps the cursor
// only after it has done what a page asks of it, so each event comes at least once. Here it writes events down.
//
//   dotnet run --project samples/backend -- https://keys.example.org TOKEN-FILE FOLDER
//
// The file has an operator's token of the scope keyrecovery.events; another process puts a fresh one in its place.
var (server, tokenFile, folder) = (new Uri(args[0]), args[1], args[2]);
var (cursorFile, book) = (Path.Combine(folder, "cursor"), Path.Combine(folder, "events.ndjson"));
using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = server };
var cursor = File.Exists(cursorFile) ? File.ReadAllText(cursorFile) : null;
while (true)
{
    try
    {
        var page = await ReadAsync();
        if (page.GetProperty("leftOut").GetBoolean())
            Console.Error.WriteLine("events are missing: compare the accounts that you know with the server's");
        WriteDown([.. page.GetProperty("events").EnumerateArray().Select(one => one.GetRawText())]);
        var next = page.GetProperty("next").GetString();
        if (next != cursor) Keep(cursor = next!);
    }
    catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException)
    {
        Console.Error.WriteLine(failure.Message);
        await Task.Delay(TimeSpan.FromSeconds(1));
    }
}

async Task<JsonElement> ReadAsync()
{
    var after = cursor is null ? "" : $"after={Uri.EscapeDataString(cursor)}&";
    using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/events?{after}waitMs=20000");
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(tokenFile).Trim());
    using var answer = await http.SendAsync(request);
    return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
}

// On the disk before the cursor is. A line that was cut by a kill comes again, on a line of its own.
void WriteDown(IReadOnlyCollection<string> events)
{
    if (events.Count == 0) return;
    using var file = new FileStream(book, FileMode.Append, FileAccess.Write, FileShare.Read);
    file.Write(Encoding.UTF8.GetBytes(string.Concat(events.Select(one => $"\n{one}"))));
    file.Flush(flushToDisk: true);
}

void Keep(string next)
{
    using (var file = new FileStream(cursorFile + ".new", FileMode.Create))
    {
        file.Write(Encoding.UTF8.GetBytes(next));
        file.Flush(flushToDisk: true);
    }
    File.Move(cursorFile + ".new", cursorFile, overwrite: true);
}
