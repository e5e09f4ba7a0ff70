namespace KeyRecovery;

/// <summary>
/// What a server's address is: an origin (RFC 6454), <c>https://host</c> or <c>https://host:port</c>. The protocol's
/// paths begin at it, so that one with more would lead somewhere else than it says.
/// </summary>
public static class ServerAddress
{
    /// <summary>
    /// Why an address is no server's, in a sentence for a person that says what to give instead; null where it is one.
    /// </summary>
    /// <param name="address">The address; null is none.</param>
    public static string? FindFault(Uri? address) => address switch
    {
        null or { IsAbsoluteUri: false } => "a server is an absolute address, http or https",
        { Scheme: not ("http" or "https") } => "a server is an absolute address, http or https",
        { UserInfo.Length: > 0 } => $"a server's address has no name or password in it: give {OriginOf(address)}",
        { PathAndQuery: not "/" } or { Fragment.Length: > 0 } =>
            $"a server's address ends with its host and port, without a path: give {OriginOf(address)}",
        _ => null,
    };

    // Without what may be a password.
    private static string OriginOf(Uri address) => $"{address.Scheme}://{address.Authority}";
}
