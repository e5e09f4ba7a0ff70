using KeyRecovery;
using KeyRecovery.Client.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers KeyRecovery's SDK with an app's services.</summary>
public static class KeyRecoveryServiceCollectionExtensions
{
    /// <summary>The name of the client of <c>IHttpClientFactory</c>, and the category of the log.</summary>
    public const string Name = "KeyRecovery";

    /// <summary>
    /// Registers one <see cref="KeyRecoveryClient"/> for the app. Its requests go through the factory's client
    /// <see cref="Name"/>, whose handlers are made anew as the factory has it; it tells the app's <see
    /// cref="ILogger"/> (<see cref="KeyRecoveryOptions.Logger"/>), and goes by the app's <see cref="TimeProvider"/>
    /// where one is registered. The factory's own log lines, which name whole addresses, are left out.
    /// </summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Server, app and folder.</param>
    /// <returns>The factory's client, for proxies, pinned certificates and handlers of the app's own. A handler that
    /// follows redirects is told not to.</returns>
    /// <exception cref="InvalidOperationException">It was called before: an app has one account service.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddKeyRecovery(options =>
    /// {
    ///     options.Server = new Uri("https://keys.example.org");
    ///     options.App = "messenger";
    ///     options.Folder = folder;
    /// });
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddKeyRecovery(
        this IServiceCollection services, Action<KeyRecoverySettings> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(KeyRecoveryClient)))
            throw new InvalidOperationException("AddKeyRecovery was called before, or a client is registered already");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KeyRecoverySettings>, SettingsCheck>());
        services.AddOptions<KeyRecoverySettings>().Configure(configure).ValidateOnStart();
        services.AddSingleton(Make);
        return services.AddHttpClient(Name)
            .ConfigurePrimaryHttpMessageHandler(KeyRecoveryClient.NewHandler)
            .RemoveAllLoggers();
    }

    private static KeyRecoveryClient Make(IServiceProvider services)
    {
        var settings = services.GetRequiredService<IOptions<KeyRecoverySettings>>().Value;
        var handlers = services.GetRequiredService<IHttpMessageHandlerFactory>();
        var options = new KeyRecoveryOptions
        {
            Server = settings.Server!,
            App = settings.App!,
            HandlerFactory = () => handlers.CreateHandler(Name),
            Logger = services.GetService<ILoggerFactory>()?.CreateLogger(Name),
            Time = services.GetService<TimeProvider>() ?? TimeProvider.System,
        };
        return new KeyRecoveryClient(
            settings.Adjust?.Invoke(services, options) ?? options,
            services.GetService<IDeviceStore>() ?? StoreOf(settings));
    }

    private static FileDeviceStore StoreOf(KeyRecoverySettings settings) => new(
        settings.Folder!,
        keys: new HomeKeyStore(settings.Folder!, new HomeKeyOptions { NewHome = settings.NewHome }));
}
