namespace KeyRecovery.Testing.Needs;

/// <summary>What a test needs and a machine may lack. The programs' packages are in <c>programs.txt</c>.</summary>
public enum Need
{
    /// <summary>The reference implementation of Argon2.</summary>
    Argon2,

    /// <summary>Blob storage on this machine: npm's <c>azurite</c>, installed by its lock file.</summary>
    Azurite,

    /// <summary>A proxy that gets its certificates by itself.</summary>
    Caddy,

    /// <summary><c>chattr</c>, and a temporary folder whose files it may make immutable.</summary>
    Chattr,

    /// <summary>A browser that takes pictures.</summary>
    Chromium,

    /// <summary>
    /// Two accounts of Azure Cosmos DB, in <c>KEYRECOVERY_COSMOS</c> and <c>KEYRECOVERY_COSMOS_KEYS</c>.
    /// </summary>
    CosmosAccounts,

    /// <summary>A program from npm that speaks the protocol of Azure Cosmos DB.</summary>
    CosmosEmulator,

    /// <summary><c>curl</c>, which asks by HTTP.</summary>
    Curl,

    /// <summary>A session bus of a desktop.</summary>
    DesktopBus,

    /// <summary><c>docker-compose</c>, which reads its files without an engine.</summary>
    DockerCompose,

    /// <summary>A registry of images.</summary>
    DockerRegistry,

    /// <summary>A library that shows a program another wall clock.</summary>
    Faketime,

    /// <summary>DejaVu Sans Mono, which has the blocks of which a terminal's QR code is made.</summary>
    Font,

    /// <summary>The Go compiler.</summary>
    Go,

    /// <summary>Go's own implementation of signed notes and transparency logs.</summary>
    GoMod,

    /// <summary><c>mkfs.ext4</c>, and the right to mount a file as a disk.</summary>
    Image,

    /// <summary><c>ip</c>, which sets up a network.</summary>
    Iproute,

    /// <summary>GNOME Keyring, which keeps secrets for a desktop's programs.</summary>
    Keyring,

    /// <summary>A linker, for a program that is compiled ahead.</summary>
    Linker,

    /// <summary>Linux itself, where a test reads <c>/proc</c>.</summary>
    Linux,

    /// <summary><c>mount</c>, and the right to mount a file system of a few kilobytes.</summary>
    Mounting,

    /// <summary>A proxy.</summary>
    Nginx,

    /// <summary>Node.js 20 or later.</summary>
    Node,

    /// <summary>Node's package manager.</summary>
    Npm,

    /// <summary>An OpenID provider on this machine: npm's <c>oidc-provider</c>, installed by its lock file.</summary>
    OidcProvider,

    /// <summary><c>openssl</c>, which draws random bytes.</summary>
    Openssl,

    /// <summary><c>prlimit</c>, which changes what a process that runs may use.</summary>
    Prlimit,

    /// <summary>Prometheus, which reads figures and alerts.</summary>
    Prometheus,

    /// <summary><c>script</c>, which gives a program a terminal.</summary>
    Script,

    /// <summary><c>strace</c>, which shows what a program asks of the system.</summary>
    Strace,

    /// <summary><c>systemd-analyze</c>, which reads units without running them.</summary>
    SystemdAnalyze,

    /// <summary>The right to trace a process that refuses it, as one that holds keys does.</summary>
    Tracing,

    /// <summary><c>unshare</c>, <c>setpriv</c>, and the right to see file systems as others do not.</summary>
    Unshare,

    /// <summary>A reader of QR codes.</summary>
    Zbarimg,
}
