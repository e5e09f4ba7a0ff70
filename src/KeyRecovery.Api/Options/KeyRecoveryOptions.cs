namespace KeyRecovery.Api.Options;

/// <summary>What an operator sets: configuration section <c>KeyRecovery</c>. An unknown key is an error.</summary>
internal sealed class KeyRecoveryOptions
{
    public const string Section = "KeyRecovery";

    /// <summary>Where the five places lie unless each is set. Default <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>What the two stores are: <c>sqlite</c> (default) or <c>cosmos</c>.</summary>
    public StoreChoice Store { get; set; }

    /// <summary>The accounts, where <see cref="Store"/> is <c>cosmos</c>.</summary>
    public CosmosOptions Cosmos { get; set; } = new();

    /// <summary>The data store. Default: <c>stores</c> in <see cref="DataDirectory"/>.</summary>
    public StoreOptions Stores { get; set; } = new();

    /// <summary>The key store. Default: <c>keys</c> in <see cref="DataDirectory"/>.</summary>
    public StoreOptions Keys { get; set; } = new();

    /// <summary>The KEK ring and its root key. Default: <c>ring</c> in <see cref="DataDirectory"/>.</summary>
    public RingOptions Ring { get; set; } = new();

    /// <summary>
    /// The list of tombstones, which no restore replaces. Default: <c>fence</c> in <see cref="DataDirectory"/>.
    /// </summary>
    public StoreOptions Fence { get; set; } = new();

    /// <summary>A container for the log and the list of tombstones, in the place of their folders.</summary>
    public BlobOptions Blobs { get; set; } = new();

    /// <summary>The log for auditors.</summary>
    public LogOptions Log { get; set; } = new();

    /// <summary>The keys that sign what is sent to apps' webhooks.</summary>
    public WebhookOptions Webhooks { get; set; } = new();

    /// <summary>
    /// <c>host[:port]</c> that clients sign as <c>@authority</c> (RFC 9421 §2.2.3): lower case, no default port.
    /// Default: the first loopback address that the server listens on; required when there is none.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>The tenants, at least one. In Development the default is one app named <c>demo</c>.</summary>
    public IList<AppOptions> Apps { get; } = [];

    /// <summary>
    /// Who may file erasures. In Development the default is one for each app of the development issuer.
    /// </summary>
    public IList<OperatorOptions> Operators { get; } = [];

    /// <summary>
    /// Addresses of their own for back ends and officers, such as <c>http://10.0.0.5:5090</c>, each with another port
    /// than the others: <c>/v1/admin</c> is then served there and nowhere else, and nothing else there but health.
    /// Default: none, and it is served with all else.
    /// </summary>
    public IList<string> AdminUrls { get; } = [];

    /// <summary>
    /// Addresses or networks (CIDR) whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed. Default:
    /// none.
    /// </summary>
    public IList<string> KnownProxies { get; } = [];

    /// <summary>
    /// How many processes serve over the same stores, 1 to 1,000: with more than one they share duties and link
    /// sessions as rows, and each has its part of the rates. Default 1; SQLite has no more.
    /// </summary>
    public int Instances { get; set; } = 1;

    /// <summary>How many requests are welcome, at all instances together.</summary>
    public RateLimitOptions RateLimits { get; set; } = new();

    /// <summary>When what no commit refers to is swept.</summary>
    public OrphanOptions Orphans { get; set; } = new();

    /// <summary>When the KEK is replaced.</summary>
    public RotationOptions Rotation { get; set; } = new();

    /// <summary>Metrics for a Prometheus that asks for them.</summary>
    public PrometheusOptions Prometheus { get; set; } = new();

    /// <summary>Backup sets.</summary>
    public BackupOptions Backup { get; set; } = new();

    /// <summary>
    /// Seconds for which a server that was told to stop still takes requests while <c>/health/ready</c> says 503, so
    /// that a load balancer looks away first: 0 to 10. Default 2, in Development 0.
    /// </summary>
    public int? DrainSeconds { get; set; }

    /// <summary>The least level of the log: Debug, Information, Warning or Error. Default Information.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>A file that gets the log as well, rolled at 64 MiB, eight kept. Default: none.</summary>
    public string? LogFile { get; set; }

    /// <summary>The five places, as absolute paths.</summary>
    public DataDirectories Directories => DataDirectories.Of(this);
}
