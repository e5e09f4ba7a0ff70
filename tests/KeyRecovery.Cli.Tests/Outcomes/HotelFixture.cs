using System.Text;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Outcomes;

/// <summary>
/// A host in whose way a hotel's network comes at the worst moment: the first request that changes something is passed
/// on, its answer lost, and whatever is asked then is answered by somebody else.
/// </summary>
public sealed class HotelFixture : CliFixture
{
    private const string Page = "<html>log in to the hotel's network</html>";

    // What a middlebox says, one after the other.
    private static readonly (int Status, string Type, string Body)[] Strangers =
    [
        (200, "text/html", Page), (302, "text/plain", ""), (401, "text/plain", "log in"), (403, "text/html", Page),
        (404, "text/html", Page), (410, "application/problem+json", "{\"type\":\"about:blank\"}"),
        (413, "text/html", "<h1>413</h1>"), (429, "text/plain", "slow down"), (502, "text/html", Page),
        (511, "text/html", Page), (200, "application/json", ""), (200, "application/json", "{\"status\":\"up\"}"),
        (409, "application/problem+json", "{\"type\":\"https://example.org/problems/conflict\"}"),
        (403, "application/problem+json", "{\"title\":\"no\"}"), (200, "", ""), (204, "", ""),
    ];

    private readonly LyingProxy _proxy;
    private int _next;

    /// <summary>Makes it.</summary>
    public HotelFixture() => _proxy = new LyingProxy(() => Server.Address);

    /// <inheritdoc/>
    public override Uri Address => _proxy.Address;

    /// <summary>How many a round has to begin at, so that each stranger is the first.</summary>
    public static int Rounds => Strangers.Length;

    /// <inheritdoc/>
    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Authority", _proxy.Address.Authority)];

    /// <summary>From the next request that changes something on.</summary>
    /// <param name="path">How that request's path begins.</param>
    /// <param name="first">Which stranger comes first.</param>
    /// <returns>Whether it came.</returns>
    public Func<bool> Enter(string path, int first)
    {
        var isIn = false;
        _next = first;
        _proxy.Lie = answer =>
        {
            if (answer.Method == "GET" || !answer.Path.StartsWith(path, StringComparison.Ordinal)) return answer;
            isIn = true;
            return null;
        };
        _proxy.Instead = (_, asked) =>
        {
            if (!isIn) return null;
            var (status, type, body) = Strangers[_next++ % Strangers.Length];
            return new LyingProxy.Answer(asked, status, "Told", type, Encoding.UTF8.GetBytes(body));
        };
        return () => isIn;
    }

    /// <summary>The network is honest again.</summary>
    public void Leave() => (_proxy.Lie, _proxy.Instead) = (answer => answer, (_, _) => null);

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await base.DisposeAsync();
    }
}
