namespace KeyRecovery.Api.Options;

/// <summary>Backup sets.</summary>
internal sealed class BackupOptions
{
    /// <summary>
    /// The file with the public half of the operator's offline key (made by <c>offline-key</c>). Default: none, and no
    /// set holds keys.
    /// </summary>
    public string? OfflineKeyFile { get; set; }

    /// <summary>
    /// Where the escrows of the sets go: a directory of its own, apart from the server's places and from the sets.
    /// Copies of it are what a lost server is restored with. Goes with <see cref="OfflineKeyFile"/>.
    /// </summary>
    public string? EscrowDirectory { get; set; }

    /// <summary>
    /// Days after which the keys in a set open for nobody, since its escrow is destroyed: 1 to 365. Default 30.
    /// </summary>
    public int ExpiresAfterDays { get; set; } = 30;
}
