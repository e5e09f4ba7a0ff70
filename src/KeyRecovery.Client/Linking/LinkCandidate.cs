using System.Net;

namespace KeyRecovery;

/// <summary>The device that wants to join. Name and platform are its own words, to be shown as such.</summary>
/// <param name="Name">What it calls itself, at most 64 bytes, any characters.</param>
/// <param name="Platform">What it says it is, at most 32 bytes, any characters.</param>
/// <param name="Network">
/// Where it used the code from, a /24 of IPv4 or a /48 of IPv6: the server's word, which a server that lies may choose.
/// Null where the server did not say.
/// </param>
public sealed record LinkCandidate(string Name, string Platform, IPNetwork? Network);
