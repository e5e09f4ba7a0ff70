using KeyRecovery.Client.Results;

namespace KeyRecovery.Client.Http;

/// <summary>A token of the app, as it stands in a header (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    /// <summary>Reads one as an app gives it: a line of a file, perhaps, with its end.</summary>
    /// <exception cref="InvalidCallException">It holds what no token does.</exception>
    public static string Read(string given)
    {
        var token = given.Trim();
        return token.Length > 0 && token.All(c => c is > ' ' and <= '~')
            ? token
            : throw new InvalidCallException("the app's token is empty, or holds a character that no token has");
    }
}
