using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Backups;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.CommandLine;
using KeyRecovery.Api.Control;
using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Options.Reading;
using KeyRecovery.Api.RateLimiting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Api.Webhooks;
using KeyRecovery.Service.Maintenance;

namespace KeyRecovery.Api.Hosting;

/// <summary>Puts the server together.</summary>
internal static class Server
{
    /// <summary>Reads the options as <see cref="Build"/> does, for verbs that start no server.</summary>
    public static KeyRecoveryOptions ReadOptions(string[] args)
    {
        SettingArguments.Check(args);
        var builder = Begin(args);
        return OptionsReader.Read(builder.Configuration, builder.Environment);
    }

    /// <summary>Nothing but the configuration.</summary>
    public static WebApplicationBuilder Begin(string[] args)
    {
        // Settings are read anew when an operator says so. Whoever waits for changes of their file watches each folder
        // below the working directory, which for a service is the whole file system.
        var builder = WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        if (!DocumentGeneration.IsRunning) SettingsFile.AddTo(builder.Configuration, builder.Environment);
        return builder;
    }

    /// <summary>The server with its stores open, ready to run.</summary>
    /// <param name="args">The command line, without its verb.</param>
    /// <param name="adjust">A last word on the services, for tests.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? adjust = null)
    {
        var builder = Begin(args);
        var options = DocumentGeneration.IsRunning
            ? new KeyRecoveryOptions()
            : OptionsReader.Read(builder.Configuration, builder.Environment);
        if (!DocumentGeneration.IsRunning) CarefulStart.Refuse(options, builder.Environment);
        // Before the stores are opened.
        builder.Services.AddSingleton(DocumentGeneration.IsRunning
            ? ClockDoubt.None : ClockDoubt.Of(options.Directories, TimeProvider.System));
        AddServer(builder, options);
        builder.Services.AddSingleton(new SettingsReader(() => Begin(args), builder.Configuration));
        adjust?.Invoke(builder);

        var app = builder.Build();
        UsePipeline(app, options);
        MapRoutes(app);
        // Here and not at the first request: what keeps the stores closed must be said before anything listens.
        if (DocumentGeneration.IsRunning) return app;
        var service = app.Services.GetRequiredService<ServerStores>().Service;
        // What a crash cut short ends before anybody is served.
        app.Services.GetRequiredService<ErasureWork>().BeginAsync(CancellationToken.None).GetAwaiter().GetResult();
        app.Services.GetRequiredService<LogWork>().BeginAsync(CancellationToken.None).GetAwaiter().GetResult();
        app.Lifetime.ApplicationStopping.Register(service.Links.EndWaits);
        return app;
    }

    private static void AddServer(WebApplicationBuilder builder, KeyRecoveryOptions options)
    {
        builder.WebHost.UseUrls([.. ListenAddresses.Of(builder.Configuration), .. options.AdminUrls]);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(KestrelSetup.Configure);
        builder.WebHost.UseSockets(KestrelSetup.Configure);

        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain.Limit);
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddLog(options);
        services.AddTelemetry(builder.Configuration, options);

        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(Open);
        services.AddSingleton(provider => provider.GetRequiredService<ServerStores>().Service);
        services.AddSingleton<IReadiness, StoresReadiness>();
        services.AddSingleton<IReadiness, IssuersReadiness>();
        services.AddSingleton<TokenLog>();
        services.AddSingleton<Tenants>();
        services.AddSingleton<AppTokens>();
        services.AddSingleton<OperatorTokens>();
        // Made behind the stores and so disposed of before them: what is held is given up while that can be written.
        if (options.Instances == 1) services.AddSingleton<ILeases, LocalLeases>();
        else services.AddSingleton<ILeases>(provider => new StoreLeases(
            provider.GetRequiredService<ServerStores>().Pair.Keys, SystemRandom.Instance,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<ServerStores>().LogFiles);
        services.AddSingleton<ErasureWork>();
        services.AddSingleton<LogWork>();
        services.AddSingleton<IssuerMoveWork>();
        services.AddSingleton<CosignWork>();
        services.AddSingleton<WebhookTokens>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<RealmLog>();
        services.AddSingleton<RepairGate>();
        services.AddSingleton<RealmBodies>();
        services.AddSingleton<Rotations>();
        services.AddSingleton<IControlVerb, RotateControl>();
        services.AddSingleton<IControlVerb, ReloadControl>();
        services.AddSingleton<BackupRuns>();
        services.AddSingleton<IControlVerb, BackupControl>();
        services.AddSingleton<AccountLimit>();
        services.AddSingleton<ExportLimit>();
        services.AddSingleton<Places>();
        services.AddSingleton<AnswerMemory>();
        services.AddSingleton<ServerAuthority>();
        services.AddSingleton<Drain>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<Drain>());
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        if (builder.Environment.IsDevelopment()) services.AddSingleton<DevelopmentIssuer>();
        if (DocumentGeneration.IsRunning)
        {
            services.AddDescription();
            return;
        }

        services.AddHostedService<Startup>();
        services.AddHostedService<ServiceManager>();
        services.AddHostedService<StoreWatch>();
        services.AddHostedService<BackupWatch>();
        services.AddHostedService<IssuerWatch>();
        services.AddHostedService<OrphanSweep>();
        services.AddHostedService<FeedTrim>();
        services.AddHostedService<WebhookWork>();
        services.AddHostedService<GuessWork>();
        if (options.Instances > 1) services.AddHostedService<LinkSessionSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<ErasureWork>());
        services.AddHostedService(provider => provider.GetRequiredService<LogWork>());
        services.AddHostedService(provider => provider.GetRequiredService<IssuerMoveWork>());
        if (options.Log.Policy is not null)
            services.AddHostedService(provider => provider.GetRequiredService<CosignWork>());
        services.AddHostedService<KekRotationService>();
        services.AddHostedService<ControlSocket>();
        if (options.Prometheus.Listen is not null) services.AddHostedService<PrometheusListener>();
    }

    private static ServerStores Open(IServiceProvider provider) => ServerStores.OpenAsync(
        provider.GetRequiredService<KeyRecoveryOptions>(),
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILoggerFactory>()).GetAwaiter().GetResult();

    private static void UsePipeline(WebApplication app, KeyRecoveryOptions options)
    {
        app.UseKnownProxies(options.KnownProxies);
        app.UseMiddleware<UnknownProxy>();
        app.UseMiddleware<RequestBoundary>();
        app.UseMiddleware<HeadRequests>();
        app.UseRouting();
        app.UseMiddleware<AdminListener>();
        app.Use(HeadRequests.RefuseSigned);
        app.UseMiddleware<AddressLimit>();
        app.UseMiddleware<SignedRequests>();
    }

    private static void MapRoutes(WebApplication app)
    {
        app.MapDescription();
        var all = app.MapGroup("");
        all.WithCommonProblems();
        all.MapHealth();
        var v1 = all.MapGroup("/v1");
        v1.MapConfig();
        v1.MapAccounts();
        v1.MapVault();
        v1.MapItems();
        v1.MapRestorePoints();
        v1.MapActivity();
        v1.MapExport();
        v1.MapRecovery();
        v1.MapRealm();
        v1.MapRepair();
        v1.MapLinks();
        v1.MapErasure();
        v1.MapAdmin();
        v1.MapAdminAccounts();
        v1.MapEvents();
        v1.MapWebhookKeys();
        v1.MapMoves();
        all.MapAudit();
        all.MapLog();
        if (app.Environment.IsDevelopment()) v1.MapDevelopment();
    }
}
