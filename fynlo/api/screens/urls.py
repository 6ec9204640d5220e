from django.urls import path

from fynlo.api.screens import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="screen-sign-in"),
    path("sign-out/", views.sign_out, name="screen-sign-out"),
    path("pair/", views.pair, name="screen-pair"),
    path("token/", views.token, name="screen-token"),
]
