using KeyRecovery.Api.CommandLine;

namespace KeyRecovery.Api.Verbs;

/// <summary>
/// <c>health</c>: asks a running server whether it serves, for probes in a container that has no other program to ask
/// with. Opens nothing.
/// </summary>
internal static class HealthVerb
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>How long it waits for an answer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <returns>0 where it is ready, 1 where it is not, or does not answer within four seconds.</returns>
    /// <exception cref="UsageException">The URL is none.</exception>
    public static async Task<int> RunAsync(string[] args)
    {
        var switches = new Switches(args);
        var url = switches.Value("--url", "a URL") ?? DefaultUrl;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var server) || server.Scheme is not ("http" or "https")
            || switches.Rest.Length > 0)
            throw new UsageException("health takes --url URL, where the server listens, and nothing else");
        try
        {
            // What is asked is this machine, whatever proxy its environment names.
            using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
            using var http = new HttpClient(handler) { Timeout = Limit };
            using var answer = await http.GetAsync(new Uri(server, "/health/ready"));
            await Console.Out.WriteLineAsync((await answer.Content.ReadAsStringAsync()).Trim());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{server} does not answer: {e.Message}");
            return 1;
        }
    }
}
